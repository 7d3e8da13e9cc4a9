import pytest
from fixtures.rated import image, scores, write

from attiqa_core.datasets import read_rated
from attiqa_core.errors import InputError


def test_tid_finds_its_files_of_either_case_and_groups_by_reference(tmp_path):
    write(tmp_path / "mos_with_names.txt", "5.51429 I01_01_1.bmp", "2.1 i01_01_5.bmp", "6.0 I02_01_1.bmp")
    for name in ("i01_01_1.bmp", "I01_01_5.BMP", "I02_01_1.bmp"):
        image(tmp_path / "distorted_images" / name)
    rated = read_rated(tmp_path)
    assert [path.name for path in rated.paths] == ["i01_01_1.bmp", "I01_01_5.BMP", "I02_01_1.bmp"]
    assert rated.groups == ("I01", "I01", "I02") and (rated.mos_range.low, rated.mos_range.high) == (0, 9)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("6.1", "line 2: '6.1' is not a MOS and an image name"),
        ("x I01_01_2.bmp", "line 2: MOS 'x' is not a number"),
        ("6.1 picture.bmp", r"line 2: picture\.bmp is not named like"),
        ("6.1 I01_01_5.bmp", "turned round"),
    ],
)
def test_a_bad_tid_line_is_named(tmp_path, line, message):
    with pytest.raises(InputError, match=message):
        scores(write(tmp_path / "mos_with_names.txt", "5.5 I01_01_1.bmp", line))
