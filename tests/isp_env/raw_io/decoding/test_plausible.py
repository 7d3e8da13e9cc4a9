import math

import numpy as np
import pytest
from fixtures.any_dng import (
    BLACK,
    BYTE,
    CANON,
    DOUBLE,
    FLOAT,
    LONG,
    RATIONAL,
    SHORT,
    SRATIONAL,
    WHITE,
    grey_dng,
)

from attiqa_core.errors import InputError
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS, GOPRO_CALIBRATION
from isp_env.raw_io.decoding.directories import read_directories
from isp_env.raw_io.decoding.plausible import RANGES, is_colour_matrix

NAN = math.nan
ZERO_BY_ZERO = (0, 0)
SINGULAR = [0.5, 0.2, 0.1] * 3
BLIND = [-1.0, 0.1, 0.1, *CANON[3:]]  # red answers white with less than nothing
FORWARD = [0.62, 0.24, 0.10, 0.25, 0.74, 0.01, 0.03, 0.02, 0.78]

ABSENT = [
    (50730, SRATIONAL, [ZERO_BY_ZERO], "BaselineExposure"),
    (50730, SRATIONAL, [200.0], "BaselineExposure"),
    (50730, SRATIONAL, [-11.0], "BaselineExposure"),
    (50728, RATIONAL, [ZERO_BY_ZERO, 1.0, 0.6], "AsShotNeutral"),
    (50728, RATIONAL, [0.0, 1.0, 0.6], "AsShotNeutral"),
    (50728, RATIONAL, [0.5, 1.0, 1000.0], "AsShotNeutral"),
    (50728, RATIONAL, [1.8, 1.0, 1.9], "AsShotNeutral"),
    (50728, RATIONAL, [0.5, 1.0], "AsShotNeutral"),
    (50721, SRATIONAL, SINGULAR, "ColorMatrix1"),
    (50721, SRATIONAL, BLIND, "ColorMatrix1"),
    (50721, SRATIONAL, [ZERO_BY_ZERO, *CANON[1:]], "ColorMatrix1"),
    (50721, SRATIONAL, CANON[:6], "ColorMatrix1"),
    (50722, SRATIONAL, [900.0, *CANON[1:]], "ColorMatrix2"),
    (50723, SRATIONAL, [0.0] * 9, "CameraCalibration1"),
    (50727, RATIONAL, [0.0, 1.0, 1.0], "AnalogBalance"),
    (50964, SRATIONAL, [0.0] * 9, "ForwardMatrix1"),
    (50964, SRATIONAL, CANON, "ForwardMatrix1"),
    (51041, DOUBLE, [-1e-3, 1e-6], "NoiseProfile"),
    (51041, DOUBLE, [1e-4, 5.0], "NoiseProfile"),
    (51041, DOUBLE, [NAN, 1e-6], "NoiseProfile"),
    (51041, DOUBLE, [1e-4], "NoiseProfile"),
    (33434, RATIONAL, [ZERO_BY_ZERO], "ExposureTime"),
    (37386, RATIONAL, [ZERO_BY_ZERO], "FocalLength"),
    (33437, RATIONAL, [0.0], "FNumber"),
    (34855, SHORT, [0], "ISOSpeedRatings"),
    (274, SHORT, [0], "Orientation"),
    (274, SHORT, [99], "Orientation"),
    (50719, LONG, [100, 50], "DefaultCropOrigin"),
    (50715, SRATIONAL, [1.0] * 5, "BlackLevelDeltaH"),
    (50932, FLOAT, [NAN], "tag 50932"),
]

REFUSED = [
    ({50714: (LONG, [20000])}, "BlackLevel 20000 is not below WhiteLevel 16383"),
    ({50714: (RATIONAL, [ZERO_BY_ZERO])}, "BlackLevel nan is not in .0"),
    ({50714: (LONG, [8000])}, "100% of the picture lies far below BlackLevel 8000"),
    ({50713: (SHORT, [2, 2]), 50714: (LONG, [512, 512, 512, 4000])}, "BlackLevel is from 512 to 4000, too far apart"),
    ({50713: (SHORT, [0, 2])}, "BlackLevelRepeatDim 0"),
    ({50717: (LONG, [10**6])}, "WhiteLevel 1e.06 is not in .1, 65535"),
    ({50717: (LONG, [0])}, "WhiteLevel 0 is not in"),
    ({50717: (LONG, [600])}, "of the samples lie far above WhiteLevel 600"),
    ({50829: (LONG, [0, 0, 96, 200])}, "ActiveArea .0, 0, 96, 200. is not inside the 96 x 128 picture"),
    ({50829: (LONG, [50, 0, 40, 128])}, "ActiveArea"),
    ({50829: (LONG, [0, 1, 96, 128])}, "CFAPattern or ActiveArea is one row or column off"),
    ({50712: (SHORT, [0, 9, 5, 20])}, "LinearizationTable .0, 9, 5, 20. cannot be true"),
    ({256: (LONG, [127])}, "ImageWidth, ImageLength and BitsPerSample ask for"),
    ({257: (LONG, [100])}, "ask for"),
    ({258: (SHORT, [1])}, "BitsPerSample 1 is no raw's"),
    ({277: (SHORT, [3])}, "SamplesPerPixel 3 is not 1"),
    ({277: (SHORT, [77])}, "SamplesPerPixel 77"),
    ({262: (SHORT, [34892])}, "has a CFAPattern, but PhotometricInterpretation 34892 is no mosaic"),
    ({262: (SHORT, [2])}, "holds no raw picture .PhotometricInterpretation 2."),
    ({273: (LONG, [4])}, "lie over its directories"),
    ({273: (LONG, [10**6])}, "truncated"),
    ({51009: (BYTE, [0, 0, 0, 9, 1])}, "OpcodeList2: 9 opcodes do not fit"),
]  # fmt: skip


@pytest.mark.parametrize("code,kind,values,name", ABSENT)
def test_a_tag_that_cannot_be_true_counts_as_absent_and_is_named(tmp_path, code, kind, values, name):
    damaged = RawFrame.load(grey_dng(tmp_path / "a.dng", change={code: (kind, values)}))
    without = RawFrame.load(grey_dng(tmp_path / "b.dng", drop=(code,)))
    doubt, *rest = damaged.metadata["corrections"]["not_applied"]
    assert rest == without.metadata["corrections"]["not_applied"]
    assert doubt.startswith(name)
    for name in ("black_level_dn", "white_level_dn", "wb_as_shot", "noise", "baseline_exposure_ev"):
        assert getattr(damaged, name) == getattr(without, name)
    for kind in ("xyz_to_camera", "white_to_d50"):
        assert np.array_equal(getattr(damaged.calibration, kind), getattr(without.calibration, kind))
    assert np.array_equal(damaged.samples, without.samples)


@pytest.mark.parametrize("change,sentence", REFUSED)
def test_a_file_whose_picture_needs_the_tag_is_refused_by_its_name(tmp_path, change, sentence):
    with pytest.raises(InputError, match=f"a.dng: .*{sentence}"):
        RawFrame.load(grey_dng(tmp_path / "a.dng", change=change))


@pytest.mark.parametrize(
    "code,name", [(258, "BitsPerSample"), (273, "where its picture data lie"), (50706, "no DNGVersion")]
)
def test_a_tag_that_is_missing_and_needed_is_named(tmp_path, code, name):
    path = grey_dng(tmp_path / "a.dng")
    content = path.read_bytes()
    entry = content.index(code.to_bytes(2, "little"), len(content) - 900)
    path.write_bytes(content[:entry] + (60000).to_bytes(2, "little") + content[entry + 2 :])
    with pytest.raises(InputError, match=name):
        RawFrame.load(path)


def test_a_white_level_that_packed_bits_cannot_hold_becomes_their_highest(tmp_path):
    pixels = np.full((96, 128), 100, "u1")
    path = grey_dng(tmp_path / "a.dng", change={258: (SHORT, [8]), 50714: (LONG, [8])}, strips=[pixels.tobytes()])
    frame = RawFrame.load(path)
    assert frame.white_level_dn == (255.0,) * 4
    assert frame.metadata["corrections"]["not_applied"] == ["WhiteLevel 16383 is not in [1, 255]"]


def test_nothing_is_doubted_in_a_right_file(tmp_path):
    more = {
        50964: (SRATIONAL, FORWARD),
        51041: (DOUBLE, [1e-4, 1e-6]),
        50730: (SRATIONAL, [-0.35]),
        50719: (LONG, [2, 2]),
        50720: (LONG, [120, 90]),
        33434: (RATIONAL, [(1, 8000)]),
    }
    directories = read_directories(grey_dng(tmp_path / "a.dng", change=more))
    assert directories is not None and directories.doubts == ()


def test_a_missing_white_level_is_named_where_the_samples_clip_below_their_bits(tmp_path):
    pixels = np.random.default_rng(0).integers(600, 40000, (96, 128)).clip(0, WHITE).astype("<u2")
    with pytest.raises(InputError, match=r"WhiteLevel is missing, and .* of the samples clip at 16383, not at 65535"):
        RawFrame.load(grey_dng(tmp_path / "a.dng", drop=(50717,), strips=[pixels.tobytes()]))
    assert RawFrame.load(grey_dng(tmp_path / "b.dng", drop=(50717,))).white_level_dn == (65535.0,) * 4


@pytest.mark.parametrize("noise_dn", [0.4, 1.2, 4, 600, 2500])  # base ISO of a clean sensor; ISO 400,000 and beyond
def test_a_dark_frame_is_no_damage(tmp_path, noise_dn):
    """Samples below 0 do not exist."""
    pixels = np.random.default_rng(0).normal(BLACK, noise_dn, (96, 128)).clip(0).round().astype("<u2")
    frame = RawFrame.load(grey_dng(tmp_path / "a.dng", strips=[pixels.tobytes()]))
    assert frame.white_level_dn == (WHITE,) * 4


def test_a_frame_without_any_light_or_noise_is_no_damage(tmp_path):
    pixels = np.full((96, 128), BLACK - 2, "<u2")
    assert RawFrame.load(grey_dng(tmp_path / "a.dng", strips=[pixels.tobytes()])).samples.max() == BLACK - 2


def test_a_white_level_far_above_all_floats_is_refused(tmp_path):
    pixels = np.linspace(0.01, 0.4, 96 * 128).reshape(96, 128).astype("<f4")
    floats = {258: (SHORT, [32]), 339: (SHORT, [3])}
    path = grey_dng(
        tmp_path / "a.dng", change={**floats, 50717: (FLOAT, [1e30])}, drop=(50714,), strips=[pixels.tobytes()]
    )
    with pytest.raises(InputError, match=r"WhiteLevel 1e\+30 is far above the brightest sample, 0\.4"):
        RawFrame.load(path)


def test_a_blown_picture_is_no_damage(tmp_path):
    pixels = np.full((96, 128), WHITE, "<u2")
    assert RawFrame.load(grey_dng(tmp_path / "a.dng", strips=[pixels.tobytes()])).samples.min() == WHITE


def test_real_cameras_matrices_are_plausible():
    matrices = [matrix for camera in CAMERAS.values() for matrix in camera.calibration.xyz_to_camera]
    for matrix in (*matrices, *GOPRO_CALIBRATION.xyz_to_camera):
        assert is_colour_matrix(matrix.ravel())
    assert {rule.name for rule in RANGES.values() if rule.needed} == {
        "SamplesPerPixel", "LinearizationTable", "BlackLevelRepeatDim", "BlackLevel",
    }  # fmt: skip


@pytest.mark.slow
def test_real_files_raise_no_doubt(shared_data):
    for path in sorted((shared_data / "raw").rglob("GO*.dng")):
        directories = read_directories(path)
        assert directories is not None and directories.doubts == ()


INFRARED = (1.0, 0.15, 0.12)


def infrared_pixels():
    sites = np.array([[INFRARED[0], INFRARED[1]], [INFRARED[1], INFRARED[2]]])
    linear = np.tile(sites, (48, 64)) * np.linspace(0.05, 0.9, 128)
    return (linear * (WHITE - BLACK) + BLACK).round().astype("<u2")


def test_a_white_balance_of_no_light_is_kept_where_the_whole_picture_has_its_colour(tmp_path):
    change = {50728: (RATIONAL, list(INFRARED))}
    frame = RawFrame.load(grey_dng(tmp_path / "a.dng", change=change, strips=[infrared_pixels().tobytes()]))
    assert frame.metadata["corrections"]["not_applied"] == []
    assert frame.wb_as_shot == pytest.approx((0.15, 1.0, 1.25), rel=1e-5)


def test_the_same_white_balance_of_a_picture_of_daylight_is_doubted(tmp_path):
    frame = RawFrame.load(grey_dng(tmp_path / "a.dng", change={50728: (RATIONAL, list(INFRARED))}))
    doubt, instead = frame.metadata["corrections"]["not_applied"]
    assert doubt == "AsShotNeutral (1, 0.15, 0.12) is the colour of no light" and "daylight's is taken" in instead
