import struct
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from fixtures.seeded import seeded
from PIL import Image

from attiqa_core.errors import InputError
from attiqa_core.photos.decode import read_rgb
from attiqa_core.photos.images import (
    MAX_ASPECT,
    averaged_down,
    centre_crop,
    five_crops,
    random_crops,
    resize_short_edge,
    within_aspect,
)
from attiqa_core.photos.places import find_images

RNG = np.random.default_rng(0)


def test_pixels_of_a_png_come_back_as_they_were(tmp_path):
    pixels = RNG.integers(0, 256, (9, 7, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert np.array_equal(read_rgb(tmp_path / "a.png"), pixels)


def test_exif_orientation_is_applied(tmp_path):
    image = Image.fromarray(RNG.integers(0, 256, (8, 16, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "turned.jpg", exif=exif)
    assert read_rgb(tmp_path / "turned.jpg").shape == (16, 8, 3)


def test_transparency_lies_over_white_and_16_bit_is_rounded(tmp_path):
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    Image.fromarray(np.full((4, 4), 257 * 100, np.uint16)).save(tmp_path / "deep.png")
    assert (read_rgb(tmp_path / "clear.png") == 255).all()
    assert (read_rgb(tmp_path / "deep.png") == 100).all()


def test_cmyk_and_palette_files_become_rgb(tmp_path):
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(tmp_path / "print.jpg")
    Image.new("P", (4, 4)).save(tmp_path / "palette.gif")
    assert read_rgb(tmp_path / "print.jpg").shape == read_rgb(tmp_path / "palette.gif").shape == (4, 4, 3)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("content", [b"", b"not an image", None])
def test_what_is_no_image_is_named(tmp_path, content):
    path = tmp_path / "bad.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.jpg"):
        read_rgb(path)


def test_a_cut_off_jpeg_is_refused(tmp_path):
    Image.fromarray(RNG.integers(0, 256, (64, 64, 3), dtype=np.uint8)).save(tmp_path / "whole.jpg")
    whole = (tmp_path / "whole.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"cut\.jpg.*cut off"):
        read_rgb(tmp_path / "cut.jpg")


def test_every_kind_of_file_comes_out_right_or_is_named(tmp_path):
    """16-bit colour, palette and grey with transparency, animations, float and 32-bit greys."""
    deep = RNG.integers(0, 65536, (6, 5, 3), dtype=np.uint16)
    (tmp_path / "deep.png").write_bytes(imagecodecs.png_encode(deep))
    tifffile.imwrite(tmp_path / "deep.tif", deep, photometric="rgb")
    for name in ("deep.png", "deep.tif"):
        assert np.abs(read_rgb(tmp_path / name) - deep / 257).max() <= 1
    Image.new("LA", (4, 4), (0, 128)).save(tmp_path / "veil.png")
    assert (read_rgb(tmp_path / "veil.png") == 127).all()
    palette = Image.new("P", (4, 4))
    palette.putpalette([10, 20, 30])
    palette.save(tmp_path / "hole.gif", transparency=0)
    assert (read_rgb(tmp_path / "hole.gif") == 255).all()
    frames = [Image.new("RGB", (4, 4), colour) for colour in ("red", "blue")]
    for name in ("moving.gif", "moving.webp", "moving.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], lossless=True)
        assert (read_rgb(tmp_path / name) == (255, 0, 0)).all()
    for values in (np.ones((4, 4), np.float32), np.full((4, 4), 70_000, np.int32)):
        Image.fromarray(values).save(tmp_path / "unknown.tif")
        with pytest.raises(InputError, match=r"unknown\.tif: .*holds float or 32-bit"):
            read_rgb(tmp_path / "unknown.tif")


def test_cmyk_colours_are_those_of_the_print(tmp_path):
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "red.tif")
    assert (read_rgb(tmp_path / "red.tif") == (255, 0, 0)).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_upright_whatever_its_exif_orientation(tmp_path, orientation):
    upright = RNG.integers(0, 256, (4, 6, 3), dtype=np.uint8)
    stored = {  # how a camera held that way stores the scene (Exif 2.3, tag 274)
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright),
        7: upright[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(stored)).save(tmp_path / "held.png", exif=exif)
    assert np.array_equal(read_rgb(tmp_path / "held.png"), upright)


@pytest.mark.filterwarnings("ignore:Image size")
def test_a_bomb_is_refused_by_its_header(tmp_path):
    def header(width, height):
        chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))

    for size in ((100_000, 100_000), (25_000, 20_000)):
        (tmp_path / "bomb.png").write_bytes(header(*size) + b"\0\0\0\0IDAT" + struct.pack(">I", zlib.crc32(b"IDAT")))
        with pytest.raises(InputError, match=r"bomb\.png: .*pixels.*shrink it"):
            read_rgb(tmp_path / "bomb.png")


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.slow
def test_damage_anywhere_in_a_file_is_an_input_error_or_a_picture(tmp_path):
    pixels = Image.fromarray(RNG.integers(0, 256, (20, 24, 3), dtype=np.uint8))
    for suffix in (".jpg", ".png", ".webp", ".gif", ".bmp", ".tif"):
        path = tmp_path / f"damaged{suffix}"
        pixels.save(path)
        whole = path.read_bytes()
        for _ in range(30):
            content = bytearray(whole[: RNG.integers(1, len(whole) + 1)])
            for place in RNG.integers(0, len(content), 5):
                content[place] = RNG.integers(256)
            path.write_bytes(content)
            try:
                assert read_rgb(path).shape[2] == 3
            except InputError as error:
                assert str(error).startswith(f"{path}: ")


def test_a_folder_named_like_a_picture_is_named_or_searched(tmp_path):
    (tmp_path / "album.jpg").mkdir()
    Image.new("RGB", (4, 4)).save(tmp_path / "album.jpg" / "1.png")
    with pytest.raises(InputError, match=r"album\.jpg: is a folder"):
        read_rgb(tmp_path / "album.jpg")
    assert find_images([tmp_path]) == [tmp_path / "album.jpg" / "1.png"]


def test_finding_images_is_sorted_and_an_empty_folder_is_named(tmp_path):
    for name in ("b.png", "a.jpg", "notes.txt"):
        (tmp_path / name).touch()
    assert [path.name for path in find_images([tmp_path])] == ["a.jpg", "b.png"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty"):
        find_images([tmp_path / "empty"])


def test_resizing_keeps_the_aspect_enlarges_small_images_and_averages():
    assert resize_short_edge(torch.rand(1, 3, 50, 100), 20).shape == (1, 3, 20, 40)
    assert resize_short_edge(torch.rand(1, 3, 10, 15), 20).shape == (1, 3, 20, 30)
    checker = (torch.arange(64)[:, None] + torch.arange(64)) % 2
    small = resize_short_edge(checker.float().expand(1, 3, 64, 64), 16)
    torch.testing.assert_close(small[..., 2:-2, 2:-2], torch.full((1, 3, 12, 12), 0.5), atol=0.02, rtol=0)


def test_averaging_down_is_by_whole_squares_and_leaves_what_is_small():
    planes = torch.arange(35.0).view(1, 1, 5, 7)
    assert averaged_down(planes, 2).tolist() == [[[[4, 6, 8], [18, 20, 22]]]]
    assert torch.equal(averaged_down(planes, 3), planes) and torch.equal(averaged_down(planes, 9), planes)


def test_crops_have_their_place():
    image = torch.arange(36.0).view(1, 1, 6, 6).expand(1, 3, 6, 6)
    assert centre_crop(image, 2)[0, 0].tolist() == [[14, 15], [20, 21]]
    firsts = [int(crop[0, 0, 0, 0]) for crop in five_crops(image, 2)]
    assert firsts == [0, 4, 24, 28, 14]


def test_random_crops_are_seeded_and_lie_inside():
    pictures = [torch.randint(0, 256, (3, 20, 30), dtype=torch.uint8) for _ in range(4)]
    one, two = (random_crops(pictures, 16, seeded(3)) for _ in range(2))
    assert torch.equal(one, two) and one.shape == (4, 3, 16, 16) and one.min() >= 0 and one.max() <= 1


@pytest.mark.parametrize("size", [(1, 20_000), (20_000, 1), (2, 100_000), (100_000, 2)])
def test_a_long_thin_picture_costs_no_memory_its_middle_is_looked_at(size):
    picture = torch.zeros(3, *size, dtype=torch.uint8)
    height, width = size
    picture[:, height // 2, width // 2] = 255
    for given in (picture, picture[None].float()):
        made = resize_short_edge(given, 64)
        assert sorted(made.shape[-2:]) == [64, 64 * MAX_ASPECT]
        assert made.max() > 100 and centre_crop(made, 64).max() > 100


def test_what_is_no_longer_than_a_panorama_is_resized_whole_bit_for_bit():
    from torchvision.transforms.v2 import functional as F

    for height, width in ((30, 40), (40, 30), (3, 3 * MAX_ASPECT), (7, 5)):
        images = torch.rand(2, 3, height, width)
        sides = [max(20, round(side * 20 / min(height, width))) for side in (height, width)]
        assert within_aspect(images).shape == images.shape
        assert torch.equal(resize_short_edge(images, 20), F.resize(images, sides, antialias=True))
