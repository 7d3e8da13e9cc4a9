import io

import numpy as np
import pytest
from PIL import Image

from attiqa_core.errors import InputError
from experiments.gallery import shrunk
from experiments.gallery.shrunk import open_shrunk
from experiments.pictures.icc import srgb_profile
from experiments.pictures.writing import save_picture


def quarters(height, width):
    """Red, green, blue and white quarters."""
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[: height // 2, : width // 2, 0] = rgb[: height // 2, width // 2 :, 1] = rgb[height // 2 :, : width // 2, 2] = (
        255
    )
    rgb[height // 2 :, width // 2 :] = 255
    return Image.fromarray(rgb)


def corner(picture):
    """Which channels are bright in the upper left."""
    return (np.asarray(picture.rgb)[1, 1] > 128).tolist()


def test_a_jpeg_is_decoded_smaller_but_not_smaller_than_asked(tmp_path):
    quarters(400, 800).save(tmp_path / "a.jpg", subsampling=0)
    picture = open_shrunk(tmp_path / "a.jpg", 150)
    assert picture.rgb.size == (200, 100) and picture.full_px == (800, 400) and corner(picture) == [True, False, False]


@pytest.mark.parametrize(("orientation", "first"), [(1, "r"), (3, "w"), (6, "b"), (8, "g")])
def test_pictures_are_turned_upright_once(tmp_path, orientation, first):
    exif = Image.Exif()
    exif[0x0112] = orientation
    quarters(40, 80).save(tmp_path / "a.jpg", exif=exif, subsampling=0)
    picture = open_shrunk(tmp_path / "a.jpg", 1000)
    assert picture.full_px == picture.rgb.size == ((40, 80) if orientation > 4 else (80, 40))
    bright = {"r": [True, False, False], "g": [False, True, False], "b": [False, False, True], "w": [True] * 3}
    assert corner(picture) == bright[first]


def test_sixteen_bits_are_rounded_and_told(tmp_path):
    for name in ("a.png", "a.tif"):
        save_picture(tmp_path / name, np.full((3, 6, 9), 0.25, np.float32), metadata={"exposure_s": 0.01, "iso": 200})
        picture = open_shrunk(tmp_path / name, 100)
        assert picture.bits == 16 and np.asarray(picture.rgb)[0, 0].tolist() == [64] * 3
        assert picture.camera == {"iso": 200, "exposure_s": 0.01}
        assert picture.in_browsers == (name == "a.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "eight.tif")
    assert open_shrunk(tmp_path / "eight.tif", 100).bits == 8


def test_what_is_transparent_lies_over_white_and_palettes_and_greys_are_read(tmp_path):
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    Image.new("L", (4, 4), 77).save(tmp_path / "grey.png")
    Image.new("P", (4, 4), 0).save(tmp_path / "palette.gif")
    Image.new("CMYK", (16, 16), (0, 0, 0, 0)).save(tmp_path / "ink.jpg")
    levels = [np.asarray(open_shrunk(path, 10).rgb)[0, 0].tolist() for path in sorted(tmp_path.iterdir())]
    assert levels == [[255] * 3, [77] * 3, [255] * 3, [0] * 3]


def test_another_profile_is_converted(tmp_path):
    linear = bytearray(srgb_profile())
    for _ in range(3):
        start = linear.find(b"para")
        linear[start : start + 16] = b"curv" + bytes(12)  # a curve without entries: identity
    Image.new("RGB", (4, 4), (55, 55, 55)).save(tmp_path / "linear.jpg", icc_profile=bytes(linear), quality=100)
    expected = 255 * (1.055 * (55 / 255) ** (1 / 2.4) - 0.055)  # IEC 61966-2-1
    assert np.asarray(open_shrunk(tmp_path / "linear.jpg", 10).rgb)[0, 0] == pytest.approx([expected] * 3, abs=1.5)


def test_what_cannot_be_read_is_one_sentence(tmp_path, monkeypatch):
    whole = io.BytesIO()
    quarters(64, 64).save(whole, "JPEG")
    for name, content in {"a.jpg": whole.getvalue()[:300], "b.png": b"", "c.tif": b"II*\0", "d.jxl": b"no"}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match=name):
            open_shrunk(tmp_path / name, 10)
    monkeypatch.setattr(shrunk, "LARGEST_PX", 4000)
    quarters(64, 64).save(tmp_path / "large.png")
    with pytest.raises(InputError, match="64 x 64 px are more"):
        open_shrunk(tmp_path / "large.png", 10)
