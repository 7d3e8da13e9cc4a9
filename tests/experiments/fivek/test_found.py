"""Pictures of FiveK's photos in folders: which photo a file is of."""

import os

import pytest
from PIL import Image

from attiqa_core.errors import InputError
from experiments.fivek.found import number_in, pictures_of_photos
from experiments.pictures.display import read_display


@pytest.mark.parametrize(
    ("stem", "number"),
    [("a0001-jmac_DSC1459", 1), ("a4999", 4999), ("a0007_out", 7), ("0042", 42), ("7", 7), ("a00012-x", None), ("a5001-x", None),
     ("0000", None), ("b0001-x", None), ("12345", None), ("IMG_0001", None)],
)  # fmt: skip
def test_the_photo_of_a_file_is_the_number_its_name_begins_with(stem, number):
    assert number_in(stem) == number


def save(path, value: int = 128):
    path.parent.mkdir(exist_ok=True)
    Image.new("RGB", (4, 3), (value, 0, 255)).save(path)
    return path


def test_pictures_are_found_by_number_and_sheets_and_notes_are_not(tmp_path):
    one, two = save(tmp_path / "a0001-x.jpg"), save(tmp_path / "deep" / "a0002-y.png")
    save(tmp_path / "sheet.png")
    (tmp_path / "a0003-z.txt").write_text("no picture")
    save(tmp_path / ".before" / "a0001-x.jpg")  # what `attiqa render` keeps of the camera default
    assert pictures_of_photos(tmp_path) == {1: one, 2: two}


def test_two_pictures_of_one_photo_and_none_at_all_are_refused(tmp_path):
    with pytest.raises(InputError, match="holds no JPEG, PNG or TIFF of a photo"):
        pictures_of_photos(tmp_path)
    save(tmp_path / "a0001-x.jpg")
    save(tmp_path / "1.png")
    with pytest.raises(InputError, match="same photo as"):
        pictures_of_photos(tmp_path)


def test_a_pipe_among_pictures_is_passed_over_and_not_waited_for(tmp_path):
    one = save(tmp_path / "a0001-x.jpg")
    os.mkfifo(tmp_path / "a0002-y.png")
    (tmp_path / "a0003-z.tif").mkdir()
    assert pictures_of_photos(tmp_path) == {1: one}
    for name in ("a0002-y.png", "a0003-z.tif"):
        with pytest.raises(InputError, match=r"is no file but|is a pipe"):
            read_display(tmp_path / name)
