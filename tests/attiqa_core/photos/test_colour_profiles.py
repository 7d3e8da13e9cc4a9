import io
import zlib

import numpy as np
import pytest
from fixtures.odd_pictures import (
    as_srgb,
    chunk,
    grey_profile,
    ink_lab,
    ink_profile,
    interoperable_exif,
    lab_as_srgb,
    matrix_profile,
    png,
    tiff,
)
from PIL import Image, ImageCms

from attiqa_core.errors import InputError
from attiqa_core.photos.colour_profiles import is_srgb
from attiqa_core.photos.decode import decode_rgb

RNG = np.random.default_rng(0)
SPACES = {
    "Display P3": 2.2,
    "Adobe RGB (1998)": 563 / 256,
    "ITU-R BT.2020": 2.4,
    "ProPhoto RGB": 1.8,
}
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def saved(pixels, suffix, **options):
    file = io.BytesIO()
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(file, suffix, **options)
    return file.getvalue()


def solid(colour, size=16):
    return np.full((size, size, 3), colour, np.uint8)


@pytest.mark.parametrize(("space", "gamma"), SPACES.items())
def test_another_space_comes_out_in_srgb_from_every_kind_of_file(space, gamma):
    """8 and 16 bits, lossless and JPEG, against colour-science."""
    profile = matrix_profile(space, gamma)
    pixels = RNG.integers(0, 256, (24, 20, 3), dtype=np.uint8)
    expected = as_srgb(pixels / 255, space, gamma)
    for suffix, options in (("PNG", {}), ("TIFF", {}), ("WEBP", {"lossless": True})):
        assert np.abs(decode_rgb(saved(pixels, suffix, icc_profile=profile, **options), "x") - expected).max() <= 1
    deep = RNG.integers(0, 65536, (24, 20, 3), dtype=np.uint16)
    for content in (
        png(deep, [(b"iCCP", b"x\0\0" + zlib.compress(profile))]),
        tiff(deep.tobytes(), 20, 24, (16, 16, 16), 2, t34675=profile),
    ):
        assert np.abs(decode_rgb(content, "x") - as_srgb(deep / 65535, space, gamma)).max() <= 0.8
    jpeg = decode_rgb(saved(solid((200, 60, 90)), "JPEG", icc_profile=profile, quality=100, subsampling=0), "x")
    assert np.abs(jpeg - as_srgb(np.array([200, 60, 90]) / 255, space, gamma)).max() <= 3  # JPEG's own steps of colour


def test_a_profile_of_several_jpeg_segments_is_put_together():
    profile = bytearray(matrix_profile("Display P3", 2.2) + bytes(80_000))
    profile[:4] = len(profile).to_bytes(4, "big")
    content = saved(solid((200, 60, 90)), "JPEG", icc_profile=bytes(profile), quality=100, subsampling=0)
    assert content.count(b"ICC_PROFILE\0") == 2
    assert np.abs(decode_rgb(content, "x") - as_srgb(np.array([200, 60, 90]) / 255, "Display P3", 2.2)).max() <= 3


def test_a_picture_of_srgb_keeps_every_bit_whatever_the_profile_is_called():
    pixels = RNG.integers(0, 256, (24, 20, 3), dtype=np.uint8)
    gamma, primaries = (b"gAMA", (45455).to_bytes(4, "big")), (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)
    chunks = [
        [gamma],
        [gamma, (b"cHRM", b"".join(each.to_bytes(4, "big") for each in primaries))],
        [(b"sRGB", b"\0"), (b"gAMA", (100_000).to_bytes(4, "big"))],
        [(b"cICP", bytes([1, 13, 0, 1])), gamma],
    ]
    for content in (saved(pixels, "PNG", icc_profile=SRGB), *(png(pixels, each) for each in chunks)):
        assert np.array_equal(decode_rgb(content, "x"), pixels)
    assert is_srgb(SRGB) and not is_srgb(matrix_profile("Display P3", 2.2)) and not is_srgb(matrix_profile("sRGB", 2.2))


def test_a_png_tells_its_colours_by_chunks_the_newest_first():
    pixels = RNG.integers(0, 256, (24, 20, 3), dtype=np.uint8)
    linear, p3 = (b"gAMA", (100_000).to_bytes(4, "big")), (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000)
    assert np.abs(decode_rgb(png(pixels, [linear]), "x") - as_srgb(pixels / 255, "sRGB", 1.0)).max() <= 1
    wide = [linear, (b"cHRM", b"".join(each.to_bytes(4, "big") for each in p3))]
    expected = as_srgb(pixels / 255, "Display P3", 1.0)
    assert np.abs(decode_rgb(png(pixels, wide), "x") - expected).max() <= 1
    coded = [(b"cICP", bytes([12, 8, 0, 1])), (b"sRGB", b"\0")]
    assert np.abs(decode_rgb(png(pixels, coded), "x") - expected).max() <= 1
    with pytest.raises(InputError, match=r"x\.png: is HDR \(PQ\)"):
        decode_rgb(png(pixels, [(b"cICP", bytes([9, 16, 0, 1]))]), "x.png")
    nonsense = [(b"gAMA", bytes(4)), (b"cHRM", bytes(32))]
    assert np.array_equal(decode_rgb(png(pixels, nonsense), "x"), pixels)


def test_a_cameras_adobe_rgb_is_known_by_its_exif():
    content = saved(solid((200, 60, 90)), "JPEG", exif=interoperable_exif(b"R03"), quality=100, subsampling=0)
    expected = as_srgb(np.array([200, 60, 90]) / 255, "Adobe RGB (1998)", 563 / 256)
    assert np.abs(decode_rgb(content, "x") - expected).max() <= 3
    usual = saved(solid((200, 60, 90)), "JPEG", exif=interoperable_exif(b"R98"), quality=100, subsampling=0)
    assert np.abs(decode_rgb(usual, "x") - [200.0, 60, 90]).max() <= 1


def test_inks_come_out_by_their_profile():
    inks = np.array([[0, 0, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, 1, 0, 0]])
    expected = [lab_as_srgb(ink_lab(each)) for each in inks]
    stored = Image.fromarray((255 * inks[None]).astype(np.uint8), "CMYK")
    deep = tiff((65535 * inks).astype(np.uint16).tobytes(), 6, 1, (16, 16, 16, 16), 5, t34675=ink_profile())
    for content in (saved(stored, "TIFF", icc_profile=ink_profile()), deep):
        assert np.abs(decode_rgb(content, "x")[0] - expected).max() <= 1.5
    cyan = Image.new("CMYK", (16, 16), (255, 0, 0, 0))
    turned = saved(cyan, "JPEG", quality=100, icc_profile=ink_profile())
    assert b"Adobe" in turned and np.abs(decode_rgb(turned, "x") - expected[1]).max() <= 2


def test_greys_come_out_by_their_profile():
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16)
    expected = as_srgb(np.repeat(ramp[..., None], 3, 2) / 255, "sRGB", 1.8)
    for content in (
        saved(ramp, "PNG", icc_profile=grey_profile(1.8)),
        tiff((ramp.astype(np.uint16) * 257).tobytes(), 16, 16, (16,), 1, t34675=grey_profile(1.8)),
    ):
        assert np.abs(decode_rgb(content, "x") - expected).max() <= 1.5
    assert np.array_equal(
        decode_rgb(saved(ramp, "PNG", icc_profile=SRGB), "x")[..., 0], ramp
    )  # greys of an RGB profile


def test_colours_are_converted_before_they_lie_over_white():
    veiled = np.dstack([solid((200, 60, 90)), np.full((16, 16), 128, np.uint8)])
    opaque = as_srgb(np.array([200, 60, 90]) / 255, "Display P3", 2.2)
    expected = opaque * 128 / 255 + 255 * (1 - 128 / 255)
    profile = matrix_profile("Display P3", 2.2)
    assert np.abs(decode_rgb(saved(veiled, "PNG", icc_profile=profile), "x") - expected).max() <= 1.5
    deep = png(veiled.astype(np.uint16) * 257, [(b"iCCP", b"x\0\0" + zlib.compress(profile))])
    assert np.abs(decode_rgb(deep, "x") - expected).max() <= 0.6


@pytest.mark.parametrize(
    "profile", [b"no profile", SRGB[:200], SRGB[:16] + b"CLR7" + SRGB[20:], ink_profile()], ids=range(4)
)
def test_a_profile_that_says_nothing_is_told_and_the_numbers_are_taken_for_srgb(profile, logged):
    pixels = RNG.integers(0, 256, (24, 20, 3), dtype=np.uint8)
    for content in (
        saved(pixels, "PNG", icc_profile=profile),
        tiff((pixels.astype(np.uint16) * 257).tobytes(), 20, 24, (16, 16, 16), 2, t34675=profile),
    ):
        logged.clear()
        assert np.array_equal(decode_rgb(content, "x.png"), pixels)
        assert [said for said in logged if "x.png: its colour profile is " in said]


def test_chunks_that_do_not_end_are_no_endless_loop():
    assert chunk(b"IEND", b"")[4:8] == b"IEND"
    broken = png(np.zeros((2, 2, 3), np.uint8))[:40]
    with pytest.raises(InputError, match="x"):
        decode_rgb(broken, "x")
