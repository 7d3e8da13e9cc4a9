"""What a finished picture's file tells of its capture goes into what is made of it."""

import io

import pytest
from fixtures.tiff_bytes import READ, tiff, with_capture
from PIL import Image

from experiments.pictures.carried import capture_in

PICTURE = Image.new("RGB", (9, 7), (200, 90, 30))


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_the_exif_block_of_a_picture_is_read_whole(suffix, order, tmp_path):
    path = tmp_path / f"picture.{suffix}"
    PICTURE.save(path, exif=b"Exif\0\0" + tiff(order=order))
    assert capture_in(path) == READ


def test_a_tiff_tells_it_in_its_own_directories(tmp_path):
    plain = io.BytesIO()
    PICTURE.save(plain, "TIFF")
    (tmp_path / "picture.tif").write_bytes(with_capture(plain.getvalue()))
    assert capture_in(tmp_path / "picture.tif") == READ


@pytest.mark.parametrize("suffix", ["jpg", "png", "tif", "bmp"])
def test_a_picture_without_exif_tells_nothing(suffix, tmp_path):
    PICTURE.save(tmp_path / f"picture.{suffix}")
    assert capture_in(tmp_path / f"picture.{suffix}") == {}


@pytest.mark.parametrize(
    "block", [b"", b"Exif\0\0", b"Exif\0\0II*\0", b"Exif\0\0nothing at all", b"II*\0\xff\xff\xff\xff"]
)
def test_a_block_that_is_none_tells_nothing(block, tmp_path):
    PICTURE.save(tmp_path / "picture.jpg", exif=block)
    assert capture_in(tmp_path / "picture.jpg") == {}
