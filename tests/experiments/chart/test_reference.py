import colour
import numpy as np
import pytest

from attiqa_core.errors import InputError
from experiments.chart.reference import read_reference
from experiments.options.chart import CHARTS


@pytest.mark.parametrize(
    ("chart", "title"), [("classic24", "ColorChecker 2005"), ("classic24-2014", "ColorChecker24 - After November 2014")]
)
def test_the_charts_that_ship_are_colour_sciences(chart, title):
    known = colour.CCS_COLOURCHECKERS[title]
    lab = colour.XYZ_to_Lab(colour.xyY_to_XYZ(np.array(list(known.data.values()))), known.illuminant)
    found = read_reference(chart)
    assert np.abs(found.lab - lab).max() < 0.006  # two decimals, published
    assert [name.split(" (")[0] for name in known.data] == list(found.names)


def test_a_chart_of_ones_own_is_read(tmp_path):
    table = tmp_path / "mine.csv"
    shipped = read_reference("classic24")
    rows = [f"{name},{row[0] - 1},{row[1]},{row[2]}" for name, row in zip(shipped.names, shipped.lab, strict=True)]
    table.write_text("\n".join(["name,L,a,b", *rows]))
    found = read_reference(str(table))
    assert found.name == "mine.csv" and np.allclose(found.lab[:, 0], shipped.lab[:, 0] - 1)


@pytest.mark.parametrize(
    ("content", "word"),
    [("", "0 patches"), ("name,L,a\nx,1,2", "cannot be read"), ("name,L,a,b\nx,1,2,nan", "1 patches")],
)
def test_what_is_no_table_of_patches_is_refused(tmp_path, content, word):
    (tmp_path / "bad.csv").write_text(content)
    with pytest.raises(InputError, match=word):
        read_reference(str(tmp_path / "bad.csv"))


def test_a_chart_without_greys_in_its_last_row_is_refused_and_a_missing_one_names_those_that_ship(tmp_path):
    shipped = read_reference("classic24")
    lab = shipped.lab[::-1]
    rows = [f"p{index},{row[0]},{row[1]},{row[2]}" for index, row in enumerate(lab)]
    (tmp_path / "upside_down.csv").write_text("\n".join(["name,L,a,b", *rows]))
    with pytest.raises(InputError, match="not greys"):
        read_reference(str(tmp_path / "upside_down.csv"))
    with pytest.raises(InputError, match=next(iter(CHARTS))):
        read_reference("classic42")
