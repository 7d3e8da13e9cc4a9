"""FiveK's two layouts, each, mixed, and from inside; and its lists."""

import shutil

import pytest
from fixtures.fivek_files import NAMES, tiff_header, write_archive, write_file, write_singles

from attiqa_core.errors import InputError
from isp_env.fivek.camera_list import Head, write_cameras
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.headers import read_header


@pytest.mark.parametrize("inside", [".", "fivek_dataset", "fivek_dataset/raw_photos"])
def test_the_archive_is_found_from_above_and_from_inside(tmp_path, inside):
    folder = FiveKFolder.open(write_archive(tmp_path) / inside)
    assert list(folder.files["raw"]) == sorted(NAMES)
    assert folder.names == NAMES
    assert folder.catalogue is not None and folder.catalogue.name == "fivek.lrcat"
    assert folder.photos[1].licence == "Adobe" and folder.photos[2].licence == "AdobeMIT"
    categories = folder.photos[2].categories
    assert categories is not None and (categories.location, categories.subject) == ("outdoor", None)


@pytest.mark.parametrize("without_img", [False, True])
def test_single_files_are_found_with_and_without_img(tmp_path, without_img):
    write_singles(tmp_path, ("raw", "c", "input"))
    if without_img:
        for folder in (tmp_path / "img").iterdir():
            shutil.move(folder, tmp_path / folder.name)
    folder = FiveKFolder.open(tmp_path)
    assert [len(folder.files[kind]) for kind in ("raw", "c", "input", "a")] == [6, 6, 6, 0]
    assert folder.raw(700) and folder.raw(700).name == "a0700-IMG (original) copy.dng"
    assert folder.expert("C", 1) and folder.expert("a", 1) is None and folder.input(4501)
    assert folder.catalogue is None and folder.photos[701].categories is None


def test_both_layouts_together_count_each_photo_once_and_single_files_first(tmp_path):
    write_archive(tmp_path, (1, 2))
    write_singles(tmp_path, ("raw",), (2, 701))
    folder = FiveKFolder.open(tmp_path)
    assert list(folder.files["raw"]) == [1, 2, 701]
    assert folder.raw(2) == tmp_path / "img/dng/a0002-dgw_005.dng"


def test_raws_sorted_by_camera_are_found(tmp_path):
    write_file(tmp_path / "raw/Canon_EOS_5D" / f"{NAMES[1]}.dng", tiff_header())
    write_file(tmp_path / "processed/tiff16_c" / f"{NAMES[1]}.tif", tiff_header())
    folder = FiveKFolder.open(tmp_path)
    assert folder.raw(1) and folder.expert("c", 1)


def test_names_that_a_browser_left_encoded_are_the_same_photos(tmp_path):
    write_file(tmp_path / "img/dng/a4501-kme%20%5B1%5D.dng", tiff_header())
    assert FiveKFolder.open(tmp_path).names == {4501: "a4501-kme [1]"}


def test_of_two_files_for_one_photo_the_listed_name_counts_and_no_other_file_does(tmp_path):
    write_singles(tmp_path, ("raw",), (1,))
    write_file(tmp_path / "img/dng/a0001-another.dng", tiff_header())
    write_file(tmp_path / "img/dng/a0002-dgw_005.dng.part", b"")
    write_file(tmp_path / "img/dng/notes.txt", b"")
    (tmp_path / "img/dng/a0700-folder.dng").mkdir()
    assert FiveKFolder.open(tmp_path).files["raw"] == {1: tmp_path / "img/dng/a0001-jmac_DSC1459.dng"}


def test_without_a_list_the_licence_is_unknown(tmp_path):
    write_file(tmp_path / "dng/a0001-x.dng", tiff_header())
    assert FiveKFolder.open(tmp_path).photos[1].licence is None


def test_a_camera_is_read_when_it_is_asked_for(tmp_path):
    folder = FiveKFolder.open(write_archive(tmp_path, (1,), tiff_header(("NIKON CORPORATION", "NIKON D70"))))
    assert folder.camera(1) == "NIKON D70" and folder.cameras == {1: "NIKON D70"}
    assert folder.headers[1].captured_at == "2007-06-28T13:38:34"
    assert folder.camera(2) is None


def test_a_kept_camera_saves_the_look_into_a_raw_unless_that_has_other_bytes(tmp_path):
    write_singles(tmp_path, ("raw",), (1, 2))
    size = len(tiff_header())
    write_cameras(tmp_path, NAMES, {1: Head("kept", size), 2: Head("kept", size + 1), 700: Head("not here", 1)})
    folder = FiveKFolder.open(tmp_path)
    assert folder.cameras == {1: "kept", 2: "Canon EOS 5D"} and folder.camera(700) == "not here"


def test_a_folder_of_raws_itself_is_one(tmp_path):
    write_file(tmp_path / f"{NAMES[1]}.dng", tiff_header())
    write_file(tmp_path / "holiday.dng", tiff_header())
    assert list(FiveKFolder.open(tmp_path).files["raw"]) == [1]


@pytest.mark.parametrize(
    ("make", "model", "camera"),
    [("LEICA CAMERA AG", "M8 Digital Camera", "LEICA M8 Digital Camera"), ("", "M8", "M8"), ("Canon", "", "Canon")],
)
def test_a_camera_is_make_and_model_without_saying_the_make_twice(tmp_path, make, model, camera):
    assert read_header(write_file(tmp_path / "x.dng", tiff_header((make, model)))).camera == camera


@pytest.mark.parametrize("length", range(0, 180, 7))
def test_a_head_that_is_cut_off_anywhere_says_less_and_fails_nowhere(tmp_path, length):
    header = read_header(write_file(tmp_path / "x.dng", tiff_header()[:length]))
    assert header.camera in (None, "Canon EOS 5D", "Canon") or "Canon EOS 5D".startswith(header.camera)


def test_a_folder_that_is_no_fivek_says_what_to_name(tmp_path):
    with pytest.raises(InputError, match="holds nothing of FiveK; name the folder with fivek_dataset/"):
        FiveKFolder.open(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        FiveKFolder.open(tmp_path / "absent")


def test_lists_that_are_none_are_named_with_the_line(tmp_path):
    write_archive(tmp_path)
    root = tmp_path / "fivek_dataset"
    (root / "filesAdobe.txt").write_text("\n<html>404</html>\n")
    with pytest.raises(
        InputError, match=r"filesAdobe.txt: line 2: <html>404</html>: is no photo of FiveK; fetch it again"
    ):
        FiveKFolder.open(tmp_path)
    (root / "filesAdobe.txt").write_text(NAMES[2])
    with pytest.raises(InputError, match=r"filesAdobeMIT.txt: a0002-dgw_005 stands in filesAdobe.txt, too"):
        FiveKFolder.open(tmp_path)
    (root / "filesAdobe.txt").write_text(NAMES[1])
    (root / "categories.txt").write_text("a0001-x,outdoor,day\n")
    with pytest.raises(InputError, match=r"categories.txt: line 1 is no name with four words"):
        FiveKFolder.open(tmp_path)


def test_a_name_with_a_comma_still_has_four_words(tmp_path):
    write_file(tmp_path / "categories.txt", "a0001-x, y,indoor,None,mixed,people\r\n")
    write_file(tmp_path / "img/dng/a0001-x, y.dng", tiff_header())
    categories = FiveKFolder.open(tmp_path).photos[1].categories
    assert categories is not None and (categories.location, categories.time) == ("indoor", None)


def test_links_that_lead_in_circles_are_no_pictures(tmp_path):
    write_singles(tmp_path, ("raw",), (1,))
    circle = tmp_path / "img/dng/a0002-dgw_005.dng"
    circle.symlink_to(circle)
    (tmp_path / "img/dng/a0003-NKIM_MG_8178.dng").symlink_to(tmp_path / "nowhere")
    (tmp_path / "fivek_dataset").symlink_to(tmp_path)
    assert list(FiveKFolder.open(tmp_path).files["raw"]) == [1]


def test_a_list_that_cannot_be_read_is_refused_by_name(tmp_path):
    write_singles(tmp_path, ("raw",), (1,))
    (tmp_path / "legal").mkdir(exist_ok=True)
    (tmp_path / "legal/filesAdobe.txt").unlink(missing_ok=True)
    (tmp_path / "legal/filesAdobe.txt").symlink_to("/proc/self/mem")  # whose first byte cannot be read
    with pytest.raises(InputError, match=r"filesAdobe.txt: cannot be read"):
        FiveKFolder.open(tmp_path)
