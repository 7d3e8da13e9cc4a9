"""Files that are cut off or something else are told from whole ones."""

import pytest
from fixtures.breaking_server import PAGE, small_tiff

from experiments.fivek.download.intact import damaged_tiff, no_tiff, web_page


@pytest.fixture
def file(tmp_path):
    def write(content: bytes):
        (tmp_path / "file").write_bytes(content)
        return tmp_path / "file"

    return write


def test_a_whole_tiff_is_whole(file):
    assert no_tiff(file(small_tiff(0))) is None and damaged_tiff(file(small_tiff(0))) is None


@pytest.mark.parametrize("left", [0, 3, 7, 9, 100, 1000, -1])
def test_a_tiff_that_is_cut_off_is_damaged(file, left):
    assert "cut off" in (damaged_tiff(file(small_tiff(0)[:left])) or "")


@pytest.mark.parametrize("length", range(5))
def test_the_first_bytes_of_a_tiff_may_still_become_one(file, length):
    assert no_tiff(file(small_tiff(0)[:length])) is None


@pytest.mark.parametrize(("content", "said"), [(PAGE, "web page"), (b"\n <HTML>", "web page"), (b"\xff\xd8\xff\xe0", "no TIFF"),
                                               (bytes(9), "no TIFF")])  # fmt: skip
def test_what_is_something_else_is_named(file, content, said):
    assert said in (no_tiff(file(content)) or "") and said in (damaged_tiff(file(content.ljust(8))) or "")


def test_an_archive_is_no_web_page(file):
    assert web_page(file(bytes(512))) is None and web_page(file(PAGE))
