"""One synthetic DNG for each family of cameras in MIT-Adobe FiveK, with what is odd about it: right colours, or a refusal by name.

Source of the families: the data set's list of 35 cameras, and Adobe's DNG conversions of such files. Colour matrices are
two lights' (FiveK's DNGs have A and D65) and stand in for each camera's own.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from fixtures.any_dng import NEUTRAL, dng_bytes, grey_dng, mosaic_tags
from fixtures.dng_files import (
    ASCII,
    BLACK,
    BLACK_DIM,
    BLACK_DN,
    BYTE,
    LONG,
    RATIONAL,
    SHORT,
    SRATIONAL,
    WHITE,
    WHITE_DN,
    Tags,
    stored_dn,
    write,
)
from fixtures.dng_patches import camera_values, colour_of_tags, largest_delta_e, mosaic_of, patches_of, picture_of
from fixtures.dng_theory import CM_A, CM_D65, PATCHES, Theory, delta_e_2000, locus_xy

from attiqa_core.errors import InputError
from isp_env.colorimetry.calibration import CameraCalibration
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame
from isp_env.raw_io.camera_colour import check_white
from isp_env.raw_io.cameras import CAMERAS

WHITE_XY = (0.3600, 0.3650)
TWO = Theory((CM_A, CM_D65), (locus_xy(2850), locus_xy(6500)))
UNITS = Theory((CM_A, CM_D65), TWO.lights_xy, calibration=(np.diag([1.02, 1, 0.97]), np.diag([0.98, 1, 1.04])))
LEICA_CURVE = np.rint(np.linspace(0, 1, 256) ** 2 * 16383).astype(np.uint16)
NIKON_CURVE = np.rint(
    4095 * np.where((x := np.linspace(0, 1, 683)) < 0.1, x * 0.6, (x - 0.1) * 0.94 / 0.9 + 0.06)
).astype(np.uint16)


@dataclass(frozen=True)
class Family:
    """What a family's DNGs are like: levels in DN, pattern, a curve that undoes compression, margins and crop, and other tags."""

    black: float
    white: int
    cfa: str = "RGGB"
    theory: Theory = TWO
    curve: np.ndarray | None = None
    margins_px: tuple[int, int] = (0, 0)  # top, left of the active area in the stored picture
    crop_px: tuple[int, int] = (0, 0)  # top, left of the default crop in the active area
    tags: Tags = field(default_factory=dict)


FAMILIES = {
    "Canon EOS 5D (12 bit)": Family(128, 3692, margins_px=(17, 35), crop_px=(4, 6)),
    "Canon EOS 450D (14 bit, clips below 2^14)": Family(1023.5, 14800, margins_px=(18, 22), crop_px=(8, 8)),
    "Canon EOS 40D (14 bit, four blacks)": Family(
        1024, 13823, tags={BLACK_DIM: (SHORT, [2, 2]), BLACK: (RATIONAL, [1024, 1024.25, 1023.5, 1024])}
    ),
    "Canon EOS-1D Mark II": Family(127, 3712, "GRBG", theory=UNITS),
    "Nikon D700 (14 bit, black 0)": Family(0, 15892, crop_px=(2, 4)),
    "Nikon D70 (9.4 bit codes through a curve)": Family(0, 3950, "BGGR", curve=NIKON_CURVE),
    "Nikon D100 (12 bit, GBRG)": Family(0, 3981, "GBRG"),
    "Leica D-LUX 3": Family(30, 3986, "GBRG", crop_px=(2, 2)),
    "Leica M8 (8 bit square roots)": Family(0, 16383, curve=LEICA_CURVE),
    "Sony DSLR-A900 (black 128)": Family(128, 4084, crop_px=(12, 12)),
    "Fujifilm FinePix S5 (rectangular)": Family(64, 16383, "GRBG", tags={50734: (RATIONAL, [0.95])}),
    "Kodak DCS Pro SLR/n (14 bit through a table)": Family(
        0, 16383, curve=np.rint(np.linspace(0, 1, 1024) ** 1.5 * 16383).astype(np.uint16)
    ),
}


def file_of(path, family: Family, tags: Tags):
    """Write a family's file; return the camera values of the patches as they were stored, black 0 and white 1."""
    camera = camera_values(family.theory, WHITE_XY)
    level = camera * (family.white - family.black) + family.black
    if family.curve is None:
        stored, exact = np.rint(level), np.rint(level)
    else:
        stored = np.searchsorted(family.curve, level).clip(0, len(family.curve) - 1)
        exact = family.curve[stored].astype(float)
        tags = tags | {50712: (SHORT, family.curve)}
    (top, left), (crop_top, crop_left) = family.margins_px, family.crop_px
    picture = picture_of(stored)
    height, width = picture.shape[:2]
    around = ((top + crop_top, 6), (left + crop_left, 10), (0, 0))
    whole = mosaic_of(np.pad(picture, around, "edge"), moved(family.cfa, top, left))
    tags = tags | {
        50829: (LONG, [top, left, *whole.shape]), 50719: (RATIONAL, [crop_left, crop_top]), 50720: (RATIONAL, [width, height]),
    }  # fmt: skip
    write(path, whole.astype(np.uint8 if whole.max() < 256 else np.uint16), tags, family.cfa)
    return (exact - family.black) / (family.white - family.black)


def moved(cfa: str, top: int, left: int) -> str:
    """The pattern at the corner of the stored picture where `cfa` is the active area's."""
    return "".join(np.roll(np.array(list(cfa)).reshape(2, 2), (top, left), (0, 1)).ravel())


@pytest.mark.parametrize("name", FAMILIES)
def test_every_family_has_the_colours_of_theory(tmp_path, name):
    family = FAMILIES[name]
    theory = family.theory
    tags = colour_of_tags(theory, neutral=theory.neutral(WHITE_XY)) | {50708: (ASCII, name), 50730: (SRATIONAL, [0.25])}
    tags |= {BLACK: (RATIONAL, [family.black]), WHITE: (LONG, [family.white])} | family.tags
    camera = file_of(tmp_path / "a.dng", family, tags)
    frame = RawFrame.load(tmp_path / "a.dng")
    assert frame.samples.shape == (64, 96)
    assert largest_delta_e(frame, theory, WHITE_XY, camera) <= 0.3


@pytest.mark.parametrize("name", ["Canon EOS 5D (12 bit)", "Nikon D700 (14 bit, black 0)"])
def test_a_file_without_white_balance_is_shown_in_daylight(tmp_path, name):
    """LibRaw finds no white balance in 51 of FiveK's files."""
    family = FAMILIES[name]
    tags = colour_of_tags(TWO) | {BLACK: (RATIONAL, [family.black]), WHITE: (LONG, [family.white])}
    file_of(tmp_path / "a.dng", family, tags)
    frame = RawFrame.load(tmp_path / "a.dng")
    assert "none was recorded" in frame.metadata["wb_source"]
    assert frame.metadata["corrections"]["not_applied"] == [
        "white balance of the shot (none was recorded: daylight's is taken)"
    ]
    assert np.allclose(frame.wb_as_shot, 1 / TWO.neutral((0.3127, 0.3290)), rtol=0.02)


@pytest.mark.parametrize("layout", [3, 4, 5])
def test_other_staggered_mosaics_are_refused_by_name(tmp_path, layout):
    tags = colour_of_tags(TWO, neutral=TWO.neutral(WHITE_XY)) | {50711: (SHORT, [layout])}
    file_of(tmp_path / "a.dng", FAMILIES["Fujifilm FinePix S5 (rectangular)"], tags)
    with pytest.raises(InputError, match=f"CFALayout {layout}"):
        RawFrame.load(tmp_path / "a.dng")


SUPER_CCD = np.array([[0, 1, 2, 1], [2, 1, 0, 1]])  # red, green and blue by column, of S2Pro and F700


def staggered(path, picture, pattern=SUPER_CCD, tags=None):
    """Write a picture through staggered columns: every second one lies half a row lower, which is a whole row of the picture."""
    rows, columns = np.mgrid[: len(picture) // 2, : picture.shape[1]]
    letters = pattern[rows % pattern.shape[0], columns % pattern.shape[1]]
    described: Tags = {
        33421: (SHORT, pattern.shape), 33422: (BYTE, pattern.ravel().tolist()), 50711: (SHORT, [2]),
        BLACK: (RATIONAL, [BLACK_DN]), WHITE: (LONG, [WHITE_DN]), 50718: (RATIONAL, [0.5**0.5, 2**0.5]),
    }  # fmt: skip
    tags = colour_of_tags(TWO, neutral=TWO.neutral(WHITE_XY)) | described | (tags or {})
    return write(path, stored_dn(picture[2 * rows + columns % 2, columns, letters]), tags)


@pytest.mark.parametrize("phase", [0, 1, 2, 3])
def test_super_ccds_have_the_colours_of_theory_on_square_pixels(tmp_path, phase):
    """Whichever colour the first column has."""
    camera = camera_values(TWO, WHITE_XY)
    frame = RawFrame.load(staggered(tmp_path / "a.dng", picture_of(camera), np.roll(SUPER_CCD, phase, 1)))
    assert frame.samples.shape == (64, 96, 3)
    assert largest_delta_e(frame, TWO, WHITE_XY, camera) <= 0.3
    assert frame.metadata["demosaic_source"] == "ours, of staggered columns (CFALayout 2)"
    assert frame.metadata["corrections"]["not_applied"] == []


def test_super_ccds_lie_where_their_samples_do(tmp_path):
    """A crop and a turn count in the picture; one pixel off would be an error of 0.02."""
    row, column = np.mgrid[:64, :96]
    smooth = 0.4 + 0.3 * np.stack([np.sin(row / 15), np.cos(column / 20), np.sin((row + column) / 25)], -1)
    tags: Tags = {50719: (RATIONAL, [3, 2]), 50720: (RATIONAL, [90, 27]), 274: (SHORT, [6])}
    frame = RawFrame.load(staggered(tmp_path / "a.dng", smooth, tags=tags))
    assert frame.samples.shape == (90, 54, 3)
    error = np.abs(frame.samples - np.rot90(smooth[4:58, 3:93], -1))
    assert error[6:-6, 6:-6].max() < 0.008 and error.max() < 0.03


def test_the_small_photosites_of_a_super_ccd_sr_are_left_out_by_name(tmp_path):
    """F700's files hold two samples for each pixel, the second of a less sensitive photosite."""
    columns = np.tile(SUPER_CCD, (24, 12))
    large = stored_dn(np.array(NEUTRAL)[columns] * 0.5)
    described = {
        33421: (SHORT, [2, 4]), 33422: (BYTE, SUPER_CCD.ravel().tolist()), 50711: (SHORT, [2]), 277: (SHORT, [2]),
        258: (SHORT, [16, 16]), BLACK: (LONG, [BLACK_DN, 10]), WHITE: (LONG, [WHITE_DN, 9000]),
    }  # fmt: skip
    path, both = tmp_path / "a.dng", np.stack([large, large // 8], -1)
    path.write_bytes(dng_bytes(mosaic_tags(*large.shape, change=described), [both.astype("<u2").tobytes()]))
    frame = RawFrame.load(path)
    assert frame.samples.shape == (96, 48, 3)
    assert np.abs(frame.samples / np.array(NEUTRAL) - 0.5).max() < 0.001
    assert frame.metadata["corrections"]["not_applied"] == ["the small photosites of a SuperCCD SR (second samples)"]


FILTERS_OF_E990 = np.array(
    [[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0], [0.0, 1.0, 0.0]]
)  # cyan, magenta, yellow, green
CYAN, MAGENTA, YELLOW, GREEN = 3, 4, 5, 1  # CFAPattern's numbers
WHITE_PATCH = 18


ORDER = (GREEN, MAGENTA, CYAN, YELLOW)
ONE = Theory((CM_D65,))
NEUTRAL_OF_FOUR = FILTERS_OF_E990 @ ONE.neutral(WHITE_XY)


def four_colours(path, picture, white: Tags, pattern=ORDER):
    """Write a picture of cyan, magenta, yellow and green, (H, W, 4) up to white 1, through them; `white` says what is neutral."""
    rows, columns = np.mgrid[: len(picture), : picture.shape[1]]
    letters = np.array(pattern).reshape(-1, 2)[rows % (len(pattern) // 2), columns % 2]
    planes = np.select([letters == each for each in (CYAN, MAGENTA, YELLOW)], [0, 1, 2], 3)
    tags: Tags = {
        33421: (SHORT, [len(pattern) // 2, 2]), 33422: (BYTE, pattern), 50710: (BYTE, [CYAN, MAGENTA, YELLOW, GREEN]),
        50721: (SRATIONAL, FILTERS_OF_E990 @ CM_D65), 50778: (SHORT, [21]), BLACK: (RATIONAL, [0]), WHITE: (LONG, [16383]),
    }  # fmt: skip
    return write(path, np.rint(picture[rows, columns, planes] * 16383).astype(np.uint16), tags | white)


WHITES: dict[str, tuple[Tags, str]] = {
    "neutral": ({50728: (RATIONAL, NEUTRAL_OF_FOUR / NEUTRAL_OF_FOUR.max())}, "DNG AsShotNeutral"),
    "xy": ({50729: (RATIONAL, WHITE_XY)}, "DNG AsShotWhiteXY"),
}


@pytest.mark.parametrize("white", WHITES)
def test_four_colours_have_the_colours_of_theory(tmp_path, white):
    """Nikon's E990 has cyan, magenta, yellow and green: the specification goes to XYZ by the matrix's pseudo-inverse.

    What counts as exposed to white is not specified for four colours: here it is where the first of them clips.
    """
    tags, source = WHITES[white]
    part = 0.6
    path = four_colours(tmp_path / "a.dng", picture_of(camera_values(ONE, WHITE_XY) @ FILTERS_OF_E990.T * part), tags)
    frame = RawFrame.load(path)
    found = patches_of(frame)
    exposure = ((found[WHITE_PATCH].mean() + 0.055) / 1.055) ** 2.4 / PATCHES[WHITE_PATCH].mean()
    assert exposure == pytest.approx(part, rel=0.05)
    assert delta_e_2000(found, PATCHES * exposure).max() <= 0.3
    assert frame.metadata["wb_source"] == source
    assert frame.metadata["demosaic_source"] == "LibRaw's, of four colours"


def test_four_colours_without_white_balance_are_shown_in_daylight(tmp_path):
    daylight = (
        FILTERS_OF_E990 @ ONE.neutral((0.3127, 0.3290)) * np.linspace(0.1, 0.8, 96)[None, :, None] * np.ones((64, 1, 1))
    )
    frame = RawFrame.load(four_colours(tmp_path / "a.dng", daylight, {}))
    assert np.ptp(frame.samples[4:-4, 4:-4], axis=2).max() < 0.002
    assert "none was recorded" in frame.metadata["wb_source"]


def test_what_is_blown_out_in_four_colours_is_white(tmp_path):
    """Three of them clip where one does not yet; cut later, it came out magenta."""
    ramp = np.linspace(0.2, 2.5, 96)[None, :, None] * np.ones((64, 1, 1))
    blown = (ramp * NEUTRAL_OF_FOUR / NEUTRAL_OF_FOUR.max()).clip(0, 1)
    frame = RawFrame.load(four_colours(tmp_path / "a.dng", blown, WHITES["neutral"][0]))
    picture = frame.samples[4:-4, 4:-4]
    assert np.ptp(picture, axis=2).max() < 0.03 and picture[:, -30:].min() > 0.99


def test_four_colours_in_taller_blocks_are_rendered(tmp_path):
    """As of Canon's Pro70: the rows of the second pair change places."""
    grey = NEUTRAL_OF_FOUR / NEUTRAL_OF_FOUR.max() * np.linspace(0.1, 0.8, 96)[None, :, None] * np.ones((64, 1, 1))
    pattern = (*ORDER, *ORDER[2:], *ORDER[:2])
    frame = RawFrame.load(four_colours(tmp_path / "a.dng", grey, WHITES["neutral"][0], pattern))
    assert np.ptp(frame.samples[4:-4, 4:-4], axis=2).max() < 0.01


def test_a_camera_without_colours_and_white_balance_is_balanced_by_its_picture(tmp_path):
    frame = RawFrame.load(grey_dng(tmp_path / "a.dng", drop=(50721, 50728, 50778)))
    red, _, blue = NEUTRAL
    assert frame.wb_as_shot == pytest.approx((1 / red, 1, 1 / blue), rel=0.03)
    assert frame.metadata["wb_source"].startswith("grey world")
    assert "mean is taken for grey" in frame.metadata["corrections"]["not_applied"][0]


@pytest.mark.parametrize("byte_order,tile", [(">", None), ("<", (16, 32)), (">", (32, 16))])
def test_odd_sizes_and_corners_are_read_alike_however_they_are_stored(tmp_path, byte_order, tile):
    """As of a0009, whose active area, default crop and rendering differ."""
    mosaic = np.random.default_rng(0).integers(600, 9000, (67, 99), dtype=np.uint16)
    area: Tags = {50829: (LONG, [1, 3, 66, 98]), 50719: (RATIONAL, [3, 1]), 50720: (RATIONAL, [87, 61])}
    tags = colour_of_tags(TWO, neutral=TWO.neutral(WHITE_XY)) | area
    frame = RawFrame.load(write(tmp_path / "a.dng", mosaic, tags, byte_order=byte_order, tile=tile))
    assert np.array_equal(frame.samples, mosaic[2:63, 6:93])
    assert frame.cfa == moved("RGGB", 1, 1)
    assert render(frame, IspParams.default(1)).shape == (1, 3, 61, 87)


def test_a_matrix_and_a_white_balance_that_no_light_unites_are_refused():
    matrix = np.array([[0.6446, -0.0366, -0.0864], [-0.4436, 1.2204, 0.2513], [-0.0952, 0.2496, 2e-6]])
    calibration = CameraCalibration((matrix,), (6500.0,))
    with pytest.raises(InputError, match=r"x\.dng: its colour matrix and its white balance contradict"):
        check_white(Path("x.dng"), calibration, (2.225, 1.0, 1.261))
    check_white(Path("x.dng"), CAMERAS["canon-5d4"].calibration, (2.0, 1.0, 1.5))
