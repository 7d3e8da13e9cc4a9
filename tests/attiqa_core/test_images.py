import numpy as np
import pytest
import torch
from PIL import Image

from attiqa_core.errors import InputError
from attiqa_core.images import centre_crop, find_images, five_crops, random_crops, read_rgb, resize_short_edge

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


def test_crops_have_their_place():
    image = torch.arange(36.0).view(1, 1, 6, 6).expand(1, 3, 6, 6)
    assert centre_crop(image, 2)[0, 0].tolist() == [[14, 15], [20, 21]]
    firsts = [int(crop[0, 0, 0, 0]) for crop in five_crops(image, 2)]
    assert firsts == [0, 4, 24, 28, 14]


def test_random_crops_are_seeded_and_lie_inside():
    pictures = [torch.randint(0, 256, (3, 20, 30), dtype=torch.uint8) for _ in range(4)]
    one, two = (random_crops(pictures, 16, torch.Generator().manual_seed(3)) for _ in range(2))
    assert torch.equal(one, two) and one.shape == (4, 3, 16, 16) and one.min() >= 0 and one.max() <= 1
