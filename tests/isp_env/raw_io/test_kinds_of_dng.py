"""DNGs of every kind of a grey ramp: what is rendered has to come out grey, and as bright as the plain one."""

import zlib

import imagecodecs
import numpy as np
import pytest
import torch
from fixtures.any_dng import (
    BLACK,
    BYTE,
    DOUBLE,
    LONG,
    NEUTRAL,
    RATIONAL,
    RGGB,
    SHORT,
    SRATIONAL,
    WHITE,
    dng_bytes,
    grey_dng,
    mosaic_tags,
    ramp,
    stored,
)

from attiqa_core.errors import InputError
from isp_env.frames.batch import FrameBatch
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame

SIZE = (96, 128)
GREY = ramp(RGGB)
PIXELS = stored(GREY)
FLOATS = GREY.astype("<f4")
FLOAT_TAGS = {339: (SHORT, [3]), 50717: (LONG, [1])}
DEFLATED, JPEG_XL = {259: (SHORT, [8])}, {259: (SHORT, [52546])}
LINEAR = np.stack([(0.01 + 0.0034 * np.mgrid[:96, :128][1]) * each for each in NEUTRAL], -1)
LINEAR_TAGS = {
    258: (SHORT, [16] * 3),
    262: (SHORT, [34892]),
    277: (SHORT, [3]),
    50714: (LONG, [BLACK] * 3),
    50717: (LONG, [WHITE] * 3),
}
CFA_TAGS = (33421, 33422, 50710, 50711)


def as_24_bits(values):
    """IEEE floats of 7 bits of exponent and 16 of mantissa, little-endian, truncated (DNG Specification, chapter 3)."""
    words = values.astype("<f4").view("<u4")
    exponent = ((words >> 23) & 255).astype(int) - 127 + 63
    small = (exponent.clip(0, 127).astype("<u4") << 16) | ((words & 0x7FFFFF) >> 7)
    return np.where(exponent <= 0, 0, small).astype("<u4").view("u1").reshape(*values.shape, 4)[..., :3].tobytes()


def packed(samples, bits):
    rows = (samples[..., None].astype(int) >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(rows.astype("u1").reshape(len(samples), -1), axis=1).tobytes()


def write(path, tags, strip, *, bits=16, drop=(), big=False):
    path.write_bytes(dng_bytes(mosaic_tags(*SIZE, bits=bits, change=tags, drop=drop), [strip], big=big))
    return path


def field_order(samples):
    return np.ascontiguousarray(
        np.concatenate([np.concatenate([samples[r::2, c::2] for c in (0, 1)], 1) for r in (0, 1)])
    )


def predicted(values):
    return zlib.compress(np.asarray(imagecodecs.floatpred_encode(values, axis=-1)).tobytes())


def few_bits(bits):
    most, black = 2**bits - 1, 2**bits // 32
    levels = {50714: (LONG, [black]), 50717: (LONG, [most])}
    return levels, packed((GREY * (most - black) + black).round(), bits), {"bits": bits}


TABLE = (np.linspace(0, 1, 256) ** 2.2 * 65535).round()
CODED = np.interp(LINEAR, TABLE / 65535, np.arange(256)).round().astype("u1")
LOSSY_TAGS = LINEAR_TAGS | {
    258: (SHORT, [8] * 3),
    259: (SHORT, [34892]),
    50712: (SHORT, TABLE.astype(int).tolist()),
    50714: (LONG, [0] * 3),
    50717: (LONG, [65535] * 3),
}

KINDS = {
    "plain": ({}, PIXELS.tobytes(), {}),
    "8 bits": few_bits(8),
    "10 bits": few_bits(10),
    "12 bits": few_bits(12),
    "14 bits": few_bits(14),
    "lossless JPEG": ({259: (SHORT, [7])}, imagecodecs.ljpeg_encode(PIXELS, bitspersample=14), {}),
    "deflate": (DEFLATED, zlib.compress(PIXELS.tobytes()), {}),
    "JPEG XL": (JPEG_XL, imagecodecs.jpegxl_encode(PIXELS, lossless=True), {}),
    "JPEG XL in fields": (
        JPEG_XL | {50975: (LONG, [2]), 52547: (LONG, [2])},
        imagecodecs.jpegxl_encode(field_order(PIXELS), lossless=True),
        {},
    ),
    "BigTIFF": ({}, PIXELS.tobytes(), {"big": True}),
    "float 32": (FLOAT_TAGS, FLOATS.tobytes(), {"bits": 32, "drop": (50714,)}),
    "float 32 without levels": (FLOAT_TAGS, FLOATS.tobytes(), {"bits": 32, "drop": (50714, 50717)}),
    "float 32 in DN": ({339: (SHORT, [3])}, (FLOATS * (WHITE - BLACK) + BLACK).tobytes(), {"bits": 32}),
    "float 24": (FLOAT_TAGS, as_24_bits(GREY), {"bits": 24, "drop": (50714,)}),
    "float 16": (FLOAT_TAGS, FLOATS.astype("<f2").tobytes(), {"bits": 16, "drop": (50714,)}),
    "float 32 deflated": (FLOAT_TAGS | DEFLATED, zlib.compress(FLOATS.tobytes()), {"bits": 32, "drop": (50714,)}),
    "float 32 deflated with predictor": (
        FLOAT_TAGS | DEFLATED | {317: (SHORT, [3])},
        predicted(FLOATS),
        {"bits": 32, "drop": (50714,)},
    ),
    "linear": (LINEAR_TAGS, stored(LINEAR).tobytes(), {"drop": CFA_TAGS}),
    "linear JPEG XL": (LINEAR_TAGS | JPEG_XL, imagecodecs.jpegxl_encode(stored(LINEAR), lossless=True), {"drop": CFA_TAGS}),
    "lossy JPEG": (LOSSY_TAGS, imagecodecs.jpeg8_encode(CODED, level=99, colorspace="RGB", outcolorspace="RGB"), {"drop": CFA_TAGS}),
}  # fmt: skip


def picture_of(path):
    with torch.no_grad():
        return render(FrameBatch.stack([RawFrame.load(path)]), IspParams.default(1))[0]


def channel_means(path):
    return picture_of(path).mean((1, 2)).numpy()


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return channel_means(grey_dng(tmp_path_factory.mktemp("plain") / "a.dng"))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_grey_ramp_of_every_kind_is_grey_and_as_bright_as_the_plain_one(tmp_path, plain, kind):
    """8 bits, of storage or of JPEG, round by up to half a step of 1/255 of the darkest tenth: 0.004 of display values."""
    tags, strip, options = KINDS[kind]
    means = channel_means(write(tmp_path / "a.dng", tags, strip, **options))
    assert np.ptp(means) < 0.004
    assert np.abs(means - plain).max() < 0.004


BLOCKS_OF_TWO = RGGB.repeat(2, 0).repeat(2, 1)
BLOCKS_OF_THREE = RGGB.repeat(3, 0).repeat(3, 1)
X_TRANS = np.array([
    [1, 1, 0, 1, 1, 2], [1, 1, 2, 1, 1, 0], [2, 0, 1, 0, 2, 1], [1, 1, 2, 1, 1, 0], [1, 1, 0, 1, 1, 2], [0, 2, 1, 2, 0, 1],
])  # fmt: skip


def of_pattern(path, pattern, tags=None):
    rows, columns = pattern.shape
    described = {33421: (SHORT, [rows, columns]), 33422: (BYTE, pattern.ravel().tolist())}
    return write(path, described | (tags or {}), stored(ramp(pattern)).tobytes())


@pytest.mark.slow
@pytest.mark.parametrize("pattern", [BLOCKS_OF_TWO, BLOCKS_OF_THREE, X_TRANS, np.tile(RGGB, (2, 2))])
def test_quad_nona_tiled_and_x_trans_mosaics_are_grey(tmp_path, plain, pattern):
    means = channel_means(of_pattern(tmp_path / "a.dng", pattern))
    assert np.ptp(means) < 0.004
    assert np.abs(means - plain).max() < 0.004


def test_levels_and_noise_follow_the_binning_of_a_quad_mosaic(tmp_path):
    """Sums of four fit 16 bits: levels are four times as high; the variance of a mean of four is a quarter."""
    noise = {51041: (DOUBLE, [4e-4, 4e-6])}
    frame = RawFrame.load(of_pattern(tmp_path / "a.dng", BLOCKS_OF_TWO, noise))
    assert frame.samples.shape == (48, 64) and frame.cfa == "RGGB"
    assert frame.black_level_dn == (4 * BLACK,) * 4 and frame.white_level_dn == (4 * WHITE,) * 4
    assert frame.noise == pytest.approx((1e-4, 1e-6))


def test_black_of_each_site_of_a_quad_mosaic_is_the_mean_of_its_block(tmp_path):
    levels = np.arange(16).reshape(4, 4) * 10 + 400
    black = {50713: (SHORT, [4, 4]), 50714: (LONG, levels.ravel().tolist())}
    frame = RawFrame.load(of_pattern(tmp_path / "a.dng", BLOCKS_OF_TWO, black))
    sums = levels.reshape(2, 2, 2, 2).sum((1, 3))
    assert frame.black_level_dn == tuple(sums.ravel().tolist())


@pytest.mark.slow
def test_four_colours_come_out_grey(tmp_path):
    matrix = np.array([[-0.2, 0.9, 0.6], [0.7, 0.6, -0.1], [0.7, -0.1, 0.7], [-0.44, 1.22, 0.25]])  # C, Y, M, G
    neutral = matrix @ np.array([0.9505, 1, 1.089])
    neutral /= neutral.max()
    tags = {
        33422: (BYTE, [3, 5, 4, 1]),
        50710: (BYTE, [3, 5, 4, 1]),
        50721: (SRATIONAL, matrix.ravel().tolist()),
        50728: (RATIONAL, neutral.tolist()),
    }
    pixels = stored(ramp(np.array([[0, 1], [2, 3]]), neutral))
    assert np.ptp(channel_means(write(tmp_path / "a.dng", tags, pixels.tobytes()))) < 0.004


@pytest.mark.slow
@pytest.mark.parametrize("colours", [{}, {50721: (SRATIONAL, [0.0, 1.0, 0.0]), 50728: (RATIONAL, [1.0])}])
def test_a_monochrome_raw_is_a_neutral_picture(tmp_path, colours):
    pixels = stored(LINEAR[..., 1])
    drop = (*CFA_TAGS, *(code for code in (50721, 50728, 50778) if code not in colours))
    path = write(tmp_path / "a.dng", {262: (SHORT, [34892]), **colours}, pixels.tobytes(), drop=drop)
    picture = picture_of(path)
    assert (picture.amax(0) - picture.amin(0)).max() < 1e-3 and 0.3 < picture.mean() < 0.7
    assert RawFrame.load(path).metadata["wb_source"] == "none: the sensor is monochrome"


@pytest.mark.parametrize(
    "change,sentence",
    [
        (
            {33422: (BYTE, [0, 6, 6, 2]), 50710: (BYTE, [0, 2, 6])},
            "colour filters are RWWB, which is not rendered; convert it",
        ),
        ({33421: (SHORT, [2, 4]), 33422: (BYTE, [0, 1, 1, 2, 1, 2, 0, 1])}, "RGB in blocks of 2 x 4"),
        (
            {
                33421: (SHORT, [4, 4]),
                33422: (BYTE, [6, 0, 6, 1, 0, 6, 1, 6, 6, 1, 6, 2, 1, 6, 2, 6]),
                50710: (BYTE, [0, 1, 2, 6]),
            },
            "RGBW in blocks of 4 x 4",
        ),
        ({50711: (SHORT, [2])}, "RGGB and its columns lie staggered .CFALayout 2."),
        ({50711: (SHORT, [7])}, "staggered .CFALayout 7."),
        ({33422: (BYTE, [0, 1, 1, 9])}, "CFAPattern .0, 1, 1, 9. describe no mosaic"),
        ({50710: (BYTE, [2, 1, 0])}, "CFAPlaneColor .2, 1, 0. does not fit"),
        ({259: (SHORT, [9])}, "GoPro GPR raw .VC-5 compression.*gpr_tools"),
        ({259: (SHORT, [5])}, "DNG of compression 5, which is not read"),
    ],
)
def test_what_is_not_rendered_is_refused_by_what_it_is(tmp_path, change, sentence):
    with pytest.raises(InputError, match=sentence):
        RawFrame.load(grey_dng(tmp_path / "a.dng", change=change))


def test_a_damaged_jpeg_xl_picture_says_what_cannot_be_decoded(tmp_path):
    with pytest.raises(InputError, match=r"its picture .compression 52546. cannot be decoded"):
        RawFrame.load(write(tmp_path / "a.dng", JPEG_XL, b"\xff\x0a" + bytes(200)))
