"""One synthetic DNG for each family of cameras in MIT-Adobe FiveK, with what is odd about it: right colours, or a refusal by name.

Source of the families: the data set's list of 35 cameras, and Adobe's DNG conversions of such files. Colour matrices are
two lights' (FiveK's DNGs have A and D65) and stand in for each camera's own.
"""

from dataclasses import dataclass, field

import numpy as np
import pytest
from fixtures.dng_patches import (
    ASCII,
    BLACK,
    BLACK_DIM,
    BYTE,
    LONG,
    RATIONAL,
    SHORT,
    SRATIONAL,
    WHITE,
    Tags,
    camera_values,
    colour_of_tags,
    largest_delta_e,
    mosaic_of,
    patches_of,
    picture_of,
    write,
)
from fixtures.dng_theory import CM_A, CM_D65, PATCHES, Theory, delta_e_2000, locus_xy

from attiqa_core.errors import InputError
from isp_env.raw import RawFrame

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
    assert np.allclose(frame.wb_as_shot, 1 / TWO.neutral((0.3127, 0.3290)), rtol=0.02)


@pytest.mark.parametrize("layout", [2, 3, 4, 5])
def test_staggered_super_ccds_are_refused_by_name(tmp_path, layout):
    """Fujifilm's S2Pro and F700."""
    tags = colour_of_tags(TWO, neutral=TWO.neutral(WHITE_XY)) | {50711: (SHORT, [layout])}
    file_of(tmp_path / "a.dng", FAMILIES["Fujifilm FinePix S5 (rectangular)"], tags)
    with pytest.raises(InputError, match=f"CFALayout {layout}"):
        RawFrame.load(tmp_path / "a.dng")


FILTERS_OF_E990 = np.array(
    [[0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0], [0.0, 1.0, 0.0]]
)  # cyan, magenta, yellow, green
CYAN, MAGENTA, YELLOW, GREEN = 3, 4, 5, 1  # CFAPattern's numbers
WHITE_PATCH = 18


@pytest.mark.slow
def test_four_colours_have_the_colours_of_theory(tmp_path):
    """Nikon's E990 has cyan, magenta, yellow and green: the specification goes to XYZ by the matrix's pseudo-inverse.

    What counts as exposed to white is not specified for four colours: it is taken from the white patch.
    """
    one, part = Theory((CM_D65,)), 0.6
    picture = picture_of(camera_values(one, WHITE_XY) @ FILTERS_OF_E990.T * part)
    stored, order = np.empty(picture.shape[:2]), (GREEN, MAGENTA, CYAN, YELLOW)
    for site, colour in enumerate(order):
        row, column = divmod(site, 2)
        stored[row::2, column::2] = picture[row::2, column::2, (CYAN, MAGENTA, YELLOW, GREEN).index(colour)]
    neutral = FILTERS_OF_E990 @ one.neutral(WHITE_XY)
    tags: Tags = {
        33422: (BYTE, order), 50710: (BYTE, [CYAN, MAGENTA, YELLOW, GREEN]), 50721: (SRATIONAL, FILTERS_OF_E990 @ CM_D65),
        50728: (RATIONAL, neutral / neutral.max()), 50778: (SHORT, [21]), BLACK: (RATIONAL, [0]), WHITE: (LONG, [16383]),
    }  # fmt: skip
    write(tmp_path / "a.dng", np.rint(stored * 16383).astype(np.uint16), tags)
    found = patches_of(RawFrame.load(tmp_path / "a.dng"))
    exposure = ((found[WHITE_PATCH].mean() + 0.055) / 1.055) ** 2.4 / PATCHES[WHITE_PATCH].mean()
    assert exposure == pytest.approx(part, rel=0.05)
    assert delta_e_2000(found, PATCHES * exposure).max() <= 0.3
