import pytest
from fixtures.rated import image, scores, write

from attiqa_core.datasets import read_rated
from attiqa_core.errors import InputError

AVA_LINE = "1 953619 0 1 5 17 38 36 15 6 5 1 1 22 1396"  # the first line of the real file

AVA_OTHER = "2 953958 10 7 15 26 26 21 10 8 1 2 1 21 1396"


def test_ava_computes_mos_exactly_from_the_counts(tmp_path):
    write(tmp_path / "AVA.txt", AVA_LINE, AVA_OTHER)
    rated = scores(tmp_path)
    assert rated.mos[0].item() == pytest.approx(699 / 124, abs=1e-6)
    assert rated.mos[0].item() != pytest.approx(float(f"{699 / 124:.3}"), abs=1e-4)  # three digits, as pyiqa has it
    assert (rated.mos_range.low, rated.mos_range.high) == (1, 10)
    assert rated.split is None and "generic_test.jpgl" in rated.notes[0]


def test_avas_test_list_is_its_official_split(tmp_path):
    write(tmp_path / "AVA.txt", AVA_LINE, AVA_OTHER)
    write(tmp_path / "aesthetics_image_lists" / "generic_test.jpgl", "953958", "11")
    rated = scores(tmp_path)
    assert rated.split == ("train", "test") and rated.notes == ("1 ids of generic_test.jpgl are not in AVA.txt",)


def test_avas_missing_images_are_counted_and_named(tmp_path):
    write(tmp_path / "AVA.txt", AVA_LINE, AVA_OTHER, "3 954184 0 0 4 8 41 56 10 3 4 0 0 0 1396")
    image(tmp_path / "images" / "953619.jpg")
    image(tmp_path / "images" / "954184.jpg")
    with pytest.raises(InputError, match=r"line 2: no image .*953958\.jpg.*--allow-missing"):
        read_rated(tmp_path)
    rated = read_rated(tmp_path, allow_missing=True)
    assert len(rated) == 2 and "1 of 3 listed images are absent: 953958.jpg" in rated.notes


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2 953958 10 7", "line 2: has 4 columns instead of 15"),
        ("2 953958 x 7 15 26 26 21 10 8 1 2 1 21 1396", "line 2: counts x 7"),
        ("2 953958 0 0 0 0 0 0 0 0 0 0 1 21 1396", "line 2: .* no votes"),
        (AVA_LINE, r"line 2: 953619\.jpg is rated twice"),
    ],
)
def test_a_bad_ava_line_is_named(tmp_path, line, message):
    with pytest.raises(InputError, match=message):
        scores(write(tmp_path / "AVA.txt", AVA_LINE, line))
