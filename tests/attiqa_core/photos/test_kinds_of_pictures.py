import io
import struct
import zlib

import colour
import imagecodecs
import numpy as np
import pytest
import tifffile
from fixtures.odd_pictures import PNG_HEAD, chunk, lab_as_srgb, packed, png, tiff
from PIL import Image

from attiqa_core.errors import InputError
from attiqa_core.photos import decode, limits, plain_pictures
from attiqa_core.photos.decode import decode_rgb

RNG = np.random.default_rng(0)
RGB = RNG.integers(0, 256, (18, 20, 3), dtype=np.uint8)
DEEP = RNG.integers(0, 65536, (18, 20, 3), dtype=np.uint16)


def written(samples, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


def saved(image, suffix, **options):
    file = io.BytesIO()
    image.save(file, suffix, **options)
    return file.getvalue()


def test_sixteen_bits_are_rounded_not_cut():
    expected = np.rint(DEEP / 257)
    for content in (png(DEEP), written(DEEP, photometric="rgb"), written(DEEP, photometric="rgb", byteorder=">")):
        assert np.array_equal(decode_rgb(content, "x"), expected)
    assert np.array_equal(decode_rgb(png(DEEP[..., :1]), "x"), np.repeat(expected[..., :1], 3, 2))
    for name, content in (("png", png(DEEP)), ("tif", written(DEEP, photometric="rgb"))):
        with pytest.raises(InputError, match=name):
            decode_rgb(content[: len(content) // 2], name)


@pytest.mark.parametrize("bits", [2, 4, 6, 8, 10, 12, 14, 16, 24])
def test_samples_of_any_bits_reach_from_black_to_white(bits):
    """Grey and RGB; min-is-white is the same picture upside down."""
    white = 2**bits - 1
    values = sorted({round(share * white) for share in (0, 0.2, 0.5, 0.8, 1)})
    expected = [round(255 * value / white) for value in values]
    row = packed(values, bits) if bits not in (16,) else np.array(values, "<u2").tobytes()
    row = b"".join(value.to_bytes(3, "little") for value in values) if bits == 24 else row
    for photometric, shown in ((1, expected), (0, [255 - each for each in expected])):
        found = decode_rgb(tiff(row, len(values), 1, [bits], photometric), "x")
        assert np.abs(found[0].astype(int) - np.array(shown)[:, None]).max() == 0
    if bits not in (16, 24):
        colours = packed([0, values[1], white, white, 0, 0], bits)
        assert decode_rgb(tiff(colours, 2, 1, [bits] * 3, 2), "x").tolist() == [[[0, expected[1], 255], [255, 0, 0]]]


def test_one_bit_is_black_and_white_either_way_round():
    for photometric, shown in ((1, [255, 0]), (0, [0, 255])):
        assert decode_rgb(tiff(b"\x80", 2, 1, [1], photometric), "x")[0, :, 0].tolist() == shown
    assert decode_rgb(saved(Image.fromarray(np.array([[True, False]])), "PNG"), "x")[0, :, 0].tolist() == [255, 0]


@pytest.mark.parametrize("samples", [RGB, DEEP], ids=["8 bits", "16 bits"])
def test_planes_tiles_big_tiffs_and_compressed_ones_are_the_same_picture(samples):
    expected = np.rint(samples / (257 if samples.dtype == np.uint16 else 1))
    ways = [
        {"planarconfig": "separate"},
        {"tile": (16, 16)},
        {"bigtiff": True},
        {"bigtiff": True, "byteorder": ">"},
        {"compression": "lzw", "predictor": True},
        {"compression": "deflate"},
        {"rowsperstrip": 5},
    ]
    for options in ways:
        stored = samples.transpose(2, 0, 1) if "planarconfig" in options else samples
        assert np.array_equal(decode_rgb(written(stored, photometric="rgb", **options), "x"), expected), options


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_tiff_is_turned_once_at_every_depth(orientation):
    turned = {1: RGB, 2: RGB[:, ::-1], 3: RGB[::-1, ::-1], 4: RGB[::-1], 5: RGB.swapaxes(0, 1), 6: np.rot90(RGB),
              7: RGB[::-1, ::-1].swapaxes(0, 1), 8: np.rot90(RGB, -1)}[orientation]  # fmt: skip
    height, width = turned.shape[:2]
    for stored, bits in ((turned, 8), (turned.astype(np.uint16) * 257, 16)):
        content = tiff(np.ascontiguousarray(stored).tobytes(), width, height, [bits] * 3, 2, t274=orientation)
        assert np.array_equal(decode_rgb(content, "x"), RGB)


def test_a_large_picture_is_copied_in_strips_and_turned_the_same(monkeypatch):
    exif = Image.Exif()
    exif[0x0112] = 6
    content = saved(Image.fromarray(RGB), "PNG", exif=exif)
    whole = decode_rgb(content, "x")
    monkeypatch.setattr(plain_pictures, "LARGE_PIXELS", 10)
    monkeypatch.setattr(plain_pictures, "STRIP_PIXELS", 60)
    assert np.array_equal(decode_rgb(content, "x"), whole) and whole.shape == (20, 18, 3)


def test_alpha_lies_over_white_at_every_depth_and_however_it_is_stored():
    alpha = RNG.integers(0, 256, (18, 20, 1), dtype=np.uint8)
    share = alpha / 255
    expected = RGB * share + 255 * (1 - share)
    straight = np.concatenate([RGB, alpha], -1)
    deep = straight.astype(np.uint16) * 257
    held = np.concatenate([np.rint(deep[..., :3] * share).astype(np.uint16), deep[..., 3:]], -1)
    for content in (
        png(straight),
        png(deep),
        written(straight, photometric="rgb", extrasamples=["unassalpha"]),
        written(deep, photometric="rgb", extrasamples=["unassalpha"]),
        written(held, photometric="rgb", extrasamples=["assocalpha"]),
        png(np.concatenate([RGB[..., :1], alpha], -1)),
        png(np.concatenate([deep[..., :1], deep[..., 3:]], -1)),
    ):
        found = decode_rgb(content, "x").astype(float)
        wanted = expected if found[..., 0].tolist() != found[..., 1].tolist() else np.repeat(expected[..., :1], 3, 2)
        assert np.abs(found - wanted).max() <= 1
    spare = written(straight, photometric="rgb", extrasamples=["unspecified"])  # no alpha: what it means is not said
    assert np.array_equal(decode_rgb(spare, "x"), RGB)
    key = png(DEEP, [(b"tRNS", struct.pack(">3H", *DEEP[0, 0]))])
    assert decode_rgb(key, "x")[0, 0].tolist() == [255] * 3
    assert np.array_equal(decode_rgb(key, "x")[1], np.rint(DEEP[1] / 257))


def test_palettes_with_and_without_a_hole_are_colours():
    palette = Image.fromarray(np.array([[0, 1, 2]], np.uint8), "P")
    palette.putpalette([10, 20, 30, 200, 100, 50, 7, 8, 9])
    for suffix in ("PNG", "GIF", "TIFF"):
        assert decode_rgb(saved(palette, suffix), "x").tolist() == [[[10, 20, 30], [200, 100, 50], [7, 8, 9]]]
    for suffix in ("PNG", "GIF"):
        assert decode_rgb(saved(palette, suffix, transparency=1), "x")[0, 1].tolist() == [255] * 3
    half = saved(palette, "PNG", transparency=bytes([255, 128, 255]))
    assert np.abs(decode_rgb(half, "x")[0, 1] - (np.array([200, 100, 50]) + 255) / 2).max() <= 1


def test_lab_is_converted_by_its_own_numbers():
    labs = [(0, 0, 0), (100, 0, 0), (52, 40, -30), (70, -50, 60), (30, 15, 15)]
    expected = [lab_as_srgb(lab) for lab in labs]
    signed8 = np.array([[round(light * 2.55), a % 256, b % 256] for light, a, b in labs], np.uint8)
    signed16 = np.array([[round(light * 655.35), a * 256 % 65536, b * 256 % 65536] for light, a, b in labs], np.uint16)
    icc8 = np.array([[round(light * 2.55), a + 128, b + 128] for light, a, b in labs], np.uint8)
    icc16 = np.array([[round(light * 652.8), (a + 128) * 256, (b + 128) * 256] for light, a, b in labs], np.uint16)
    for samples, photometric in ((signed8, 8), (signed16, 8), (icc8, 9), (icc16, 9)):
        bits = samples.dtype.itemsize * 8
        found = decode_rgb(tiff(samples.tobytes(), 5, 1, [bits] * 3, photometric), "x")[0]
        assert np.abs(found - expected).max() <= (1.2 if bits == 8 else 0.6)
    assert colour.delta_E(labs[2], labs[3]) > 50  # they are not all alike


def test_inks_without_a_profile_are_plain_and_adobes_turned_jpeg_is_told():
    inks = RNG.integers(0, 256, (16, 16, 4), dtype=np.uint8)
    expected = (255 - inks[..., :3].astype(float)) * (255 - inks[..., 3:]) / 255
    stored = Image.fromarray(inks, "CMYK")
    for content in (saved(stored, "TIFF"), written(inks.astype(np.uint16) * 257, photometric="separated")):
        assert np.abs(decode_rgb(content, "x") - expected).max() <= 1
    flat = saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=100)
    assert b"Adobe" in flat and np.abs(decode_rgb(flat, "x") - [255, 0, 0]).max() <= 2


def test_of_several_pictures_the_first_is_taken():
    frames = [Image.new("RGB", (16, 16), each) for each in ("red", "blue")]
    for suffix, options in (
        ("GIF", {}),
        ("WEBP", {"lossless": True}),
        ("PNG", {}),
        ("TIFF", {}),
        ("MPO", {"quality": 100}),
    ):
        content = saved(frames[0], suffix, save_all=True, append_images=frames[1:], **options)
        assert np.abs(decode_rgb(content, "x").astype(int) - [255, 0, 0]).max() <= 2, suffix
    two = written(np.stack([DEEP, DEEP[::-1]]), photometric="rgb")
    assert np.array_equal(decode_rgb(two, "x"), np.rint(DEEP / 257))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (written(np.ones((4, 4, 3), np.float32), photometric="rgb"), r"TIFF of 3 x 32 bits \(RGB\): it holds float"),
        (written(np.ones((4, 4), np.float16)), "float"),
        (written(np.ones((4, 4), np.uint32)), "32-bit values"),
        (written(np.ones((4, 4), np.int16)), "signed values"),
        (written(np.ones((4, 4, 9), np.uint16), photometric="minisblack", planarconfig="contig"), "9 x 16 bits"),
        (tiff(bytes(12), 2, 2, [8] * 3, 10), "ITULAB"),
        (tiff(bytes(8), 2, 2, [16], 32803), "is a raw"),
        (tiff(bytes(12), 2, 2, [8] * 3, 2, t50706=b"\1\4\0\0"), "is a raw"),
        (b"\0\0\0\x18ftypheic" + bytes(20), r"a HEIF picture \(HEIC\)"),
        (b"\xff\x0a" + bytes(20), "JPEG XL"),
        (imagecodecs.jpegxl_encode(RGB, usecontainer=True), "JPEG XL"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(/tmp/made) (w) file", "is not run"),
        (b"%PDF-1.7", "a PDF document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a drawing"),
        (b"v/1\x01" + bytes(20), "OpenEXR"),
        (b"PK\x03\x04" + bytes(20), "ZIP"),
        (b"words", "not an image"),
    ],
    ids=range(17),
)  # fmt: skip
def test_what_is_not_read_is_refused_by_what_it_is(content, told):
    with pytest.raises(InputError, match=rf"^a/x\.tif: .*{told}"):
        decode_rgb(bytes(content), "a/x.tif")


@pytest.mark.filterwarnings("ignore:Image size")
def test_bombs_are_refused_by_what_they_claim():
    """Nothing is decoded: each holds no more than its head."""
    large = chunk(b"IHDR", struct.pack(">IIBBBBB", 19_000, 19_000, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b""))
    deep = chunk(b"IHDR", struct.pack(">IIBBBBB", 19_000, 19_000, 16, 6, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(b""))
    for content in (
        PNG_HEAD + large,
        PNG_HEAD + deep,
        tiff(b"12", 15_000, 15_000, [8] * 3, 2),
        tiff(b"12", 15_000, 15_000, [16] * 3, 2),
        tiff(b"12", 2**31, 2**31, [16], 1),
    ):
        with pytest.raises(InputError, match=r"^x: .*pixels.*shrink it first"):
            decode_rgb(content, "x")


def test_bombs_in_what_is_beside_the_picture_are_one_sentence():
    long = zlib.compress(bytes(2_000_000))
    for extra in ((b"zTXt", b"a\0\0" + long), (b"iCCP", b"a\0\0" + long)):
        with pytest.raises(InputError, match=r"^x: cannot be decoded"):
            decode_rgb(png(RGB, [extra]), "x")


def test_directories_that_lead_nowhere_end():
    looped = bytes.fromhex("49492a00080000000000") + struct.pack("<I", 8)  # no entries, and the next is itself
    many = b"II*\0" + struct.pack("<IH", 8, 65535) + 65535 * struct.pack("<HHII", 65000, LONG, 1, 1) + bytes(4)
    big = b"II+\0" + struct.pack("<HHQQ", 8, 0, 16, 10**6) + 1000 * bytes(20)
    for content in (looped, many, big):
        with pytest.raises(InputError, match=r"^x: "):
            decode_rgb(content, "x")


LONG = 4


def test_a_jpeg_above_the_limit_comes_at_half_its_size_a_progressive_one_not_at_all(monkeypatch):
    smooth = Image.fromarray(RGB).resize((160, 144), Image.Resampling.BICUBIC)
    content = saved(smooth, "JPEG", quality=95)
    whole = decode_rgb(content, "x")
    for module in (decode, limits):
        monkeypatch.setattr(module, "MAX_PIXELS", 10_000)
        monkeypatch.setattr(module, "MAX_JPEG_PIXELS", 40_000)
    monkeypatch.setattr(limits.check_pixels, "__defaults__", (10_000,))
    half = decode_rgb(content, "x")
    assert half.shape == (72, 80, 3)
    assert (
        np.abs(half - whole.reshape(72, 2, 80, 2, 3).mean((1, 3))).mean() < 4
    )  # of JPEG's colours only a quarter is stored
    for refused in (
        saved(smooth, "JPEG", progressive=True),
        saved(smooth.resize((400, 400)), "JPEG"),
        saved(smooth, "PNG"),
    ):
        with pytest.raises(InputError, match="shrink it first"):
            decode_rgb(refused, "x")
