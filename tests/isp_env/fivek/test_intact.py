"""Files that are cut off or something else are told from whole ones."""

import numpy as np
import pytest
import tifffile
from fixtures.any_dng import grey_dng
from fixtures.breaking_server import PAGE, small_tiff
from fixtures.fivek_files import write_file

from isp_env.fivek.intact import damage_of, no_tiff, web_page


@pytest.fixture
def file(tmp_path):
    def write(content: bytes):
        (tmp_path / "file").write_bytes(content)
        return tmp_path / "file"

    return write


def test_a_whole_tiff_is_whole(file):
    assert no_tiff(file(small_tiff(0))) is None and damage_of(file(small_tiff(0))) is None


@pytest.mark.parametrize("left", [3, 7, 9, 100, 1000, -1])
def test_a_tiff_that_is_cut_off_is_damaged(file, left):
    assert "cut off" in (damage_of(file(small_tiff(0)[:left])) or "")


@pytest.mark.parametrize("length", range(5))
def test_the_first_bytes_of_a_tiff_may_still_become_one(file, length):
    assert no_tiff(file(small_tiff(0)[:length])) is None


@pytest.mark.parametrize(("content", "said"), [(PAGE, "web page"), (b"\n <HTML>", "web page"), (b"\xff\xd8\xff\xe0", "no TIFF"),
                                               (bytes(9), "no TIFF")])  # fmt: skip
def test_what_is_something_else_is_named(file, content, said):
    assert said in (no_tiff(file(content)) or "") and said in (damage_of(file(content.ljust(8))) or "")


def test_an_archive_is_no_web_page(file):
    assert web_page(file(bytes(512))) is None and web_page(file(PAGE))


@pytest.mark.parametrize("share", np.linspace(0.02, 0.98, 13))
def test_a_picture_that_is_cut_off_anywhere_is_damaged(tmp_path, share):
    tifffile.imwrite(tmp_path / "whole.tif", np.arange(96 * 64 * 3, dtype=np.uint16).reshape(64, 96, 3), rowsperstrip=4)
    content = (tmp_path / "whole.tif").read_bytes()
    assert damage_of(tmp_path / "whole.tif") is None
    assert damage_of(write_file(tmp_path / "cut.tif", content[: int(share * len(content))])) is not None


def test_what_cannot_be_opened_is_damaged_too(tmp_path):
    assert damage_of(tmp_path) == "cannot be read (Is a directory)"


def test_a_raw_that_is_cut_off_is_damaged(tmp_path):
    raw = grey_dng(tmp_path / "x.dng")
    assert damage_of(raw) is None
    assert damage_of(write_file(tmp_path / "y.dng", raw.read_bytes()[:9000])) is not None
