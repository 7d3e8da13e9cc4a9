import pytest
from fixtures.rated import SPAQ_HEADER, SPAQ_ROWS, scores, write, write_spaq

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.datasets.readers.spaq import check_polarity
from attiqa_core.errors import InputError


def test_spaq_gives_its_attributes_in_our_order(tmp_path):
    rated = scores(write_spaq(tmp_path, SPAQ_ROWS))
    assert ATTRIBUTES == ("sharpness", "contrast", "brightness", "colorfulness", "noisiness")
    assert rated.attributes is not None and rated.attributes[0].tolist() == [18, 41, 40.5, 47, 36]
    assert rated.paths[0] == tmp_path / "TestImage" / "00001.jpg" and rated.split is None
    assert rated.mos_range.high == 100 and rated.mos[1].item() == pytest.approx(57.33)


def test_spaq_refuses_noisiness_of_the_other_polarity(tmp_path):
    with pytest.raises(InputError, match="Noisiness falls with MOS"):
        scores(write_spaq(tmp_path, [[*row[:5], 100 - row[5], row[6]] for row in SPAQ_ROWS]))


def test_noisiness_has_to_rise_with_mos():
    mos = [10.0, 20.0, 30.0, 50.0]
    assert check_polarity("spaq", mos, mos) == pytest.approx(1)
    assert check_polarity("spaq", [*mos, float("nan")], [*mos, 99.0]) == pytest.approx(1)
    with pytest.raises(InputError, match="spaq: Noisiness falls with MOS"):
        check_polarity("spaq", mos[::-1], mos)
    with pytest.raises(InputError, match="do not show which way"):
        check_polarity("spaq", [1.0] * 4, mos)


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        (SPAQ_ROWS, [*SPAQ_HEADER[:-1], "Sharp"], "no column Sharpness"),
        ([*SPAQ_ROWS, ["4.jpg", "n/a", 1, 1, 1, 1, 1]], SPAQ_HEADER, "line 5: MOS 'n/a' is not a number"),
        ([*SPAQ_ROWS, ["4.jpg", 9, 1, 1, 1, None, 1]], SPAQ_HEADER, "line 5: Noisiness None is not a number"),
        ([*SPAQ_ROWS, SPAQ_ROWS[0]], SPAQ_HEADER, "line 5: 00001.jpg is rated twice, first in line 2"),
        ([], SPAQ_HEADER, "0 rows do not show"),
    ],
)
def test_a_bad_spaq_table_is_refused_with_its_line(tmp_path, rows, header, message):
    with pytest.raises(InputError, match=message):
        scores(write_spaq(tmp_path, rows, header))


def test_a_spaq_file_that_is_no_workbook_is_refused(tmp_path):
    write(tmp_path / "MOS and Image attribute scores.xlsx", "not a zip")
    with pytest.raises(InputError, match="cannot be read as an Excel workbook"):
        scores(tmp_path)
