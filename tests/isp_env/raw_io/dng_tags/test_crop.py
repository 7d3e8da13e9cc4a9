"""The default crop: the picture has the size that the file asks for, and everything that counts in px stays in its place."""

from dataclasses import replace

import numpy as np
import pytest
from fixtures.dng_files import LONG, RATIONAL, SHORT, UNDEFINED, WHITE_DN, stored_dn, write
from fixtures.dng_patches import camera_values, colour_of_tags, largest_delta_e, mosaic_of, picture_of
from fixtures.dng_theory import CM_A, CM_D65, Theory, locus_xy
from fixtures.opcode_bytes import bad_pixels, gain_map, opcode_list

from isp_env.frames.batch import FrameBatch
from isp_env.raw import RawFrame
from isp_env.sensor.cfa import CFA_PATTERNS, cfa_sites, orient
from isp_env.stages.lens_shading import rgb_gains

WHITE_XY = (0.3900, 0.3900)
THEORY = Theory((CM_A, CM_D65), (locus_xy(2850), locus_xy(6500)))
COLOUR = colour_of_tags(THEORY, neutral=THEORY.neutral(WHITE_XY))
CAMERA = camera_values(THEORY, WHITE_XY)
FLIP_OF_ORIENTATION = {1: 0, 2: 1, 3: 3, 4: 2, 5: 4, 6: 6, 7: 7, 8: 5}
HEIGHT, WIDTH = 64, 96
ACTIVE = (3, 5, 61, 92)  # top, left, bottom, right: odd places, an odd width
ORIGIN, SIZE = (7, 4), (70, 45)  # horizontal, vertical
TOP, LEFT = ACTIVE[0] + ORIGIN[1], ACTIVE[1] + ORIGIN[0]
CROP = np.s_[TOP : TOP + SIZE[1], LEFT : LEFT + SIZE[0]]


def crop_tags(origin=ORIGIN, size=SIZE, active=ACTIVE):
    return {50719: (RATIONAL, origin), 50720: (RATIONAL, size), 50829: (LONG, active)}


def samples() -> np.ndarray:
    return np.random.default_rng(5).integers(600, 9000, (HEIGHT, WIDTH)).astype(np.uint16)


@pytest.mark.parametrize("cfa", CFA_PATTERNS)
@pytest.mark.parametrize("orientation", sorted(FLIP_OF_ORIENTATION))
def test_the_picture_is_the_crop_in_every_orientation_and_phase(tmp_path, cfa, orientation):
    """`cfa` lies at the corner of the active area; each sample keeps its own colour."""
    flip = FLIP_OF_ORIENTATION[orientation]
    red = np.zeros((HEIGHT, WIDTH), bool)
    for (row, column), colour in cfa_sites(cfa).items():
        red[ACTIVE[0] + row :: 2, ACTIVE[1] + column :: 2] = colour == 0
    frame = RawFrame.load(
        write(tmp_path / "a.dng", samples(), COLOUR | crop_tags() | {274: (SHORT, [orientation])}, cfa)
    )
    assert np.array_equal(frame.samples, orient(samples()[CROP], flip))
    assert frame.cfa is not None
    ((row, column),) = (site for site, colour in cfa_sites(frame.cfa).items() if colour == 0)
    found = np.zeros(frame.samples.shape, bool)
    found[row::2, column::2] = True
    assert np.array_equal(found, orient(red[CROP], flip))


@pytest.mark.parametrize("orientation", sorted(FLIP_OF_ORIENTATION))
def test_a_linear_picture_is_cropped_too(tmp_path, orientation):
    stored = np.random.default_rng(6).integers(0, WHITE_DN, (HEIGHT, WIDTH, 3)).astype(np.uint16)
    frame = RawFrame.load(write(tmp_path / "a.dng", stored, COLOUR | crop_tags() | {274: (SHORT, [orientation])}))
    assert np.allclose(frame.samples, orient(stored[CROP] / WHITE_DN, FLIP_OF_ORIENTATION[orientation]), atol=1e-6)


@pytest.mark.parametrize("orientation", sorted(FLIP_OF_ORIENTATION))
def test_the_lens_axis_stays_in_the_middle_of_the_active_area(tmp_path, orientation):
    frame = RawFrame.load(write(tmp_path / "a.dng", samples(), COLOUR | crop_tags() | {274: (SHORT, [orientation])}))
    height, width = ACTIVE[2] - ACTIVE[0], ACTIVE[3] - ACTIVE[1]
    places = np.stack(np.mgrid[:HEIGHT, :WIDTH], -1)[CROP] - np.array(ACTIVE[:2])
    row, column = frame.optical_centre
    turned = orient(places, FLIP_OF_ORIENTATION[orientation])
    half = turned[int(row), int(column)] + turned[int(np.ceil(row)), int(np.ceil(column))]
    assert np.array_equal(half / 2, [(height - 1) / 2, (width - 1) / 2])


@pytest.mark.parametrize("orientation", [1, 6])
def test_shading_and_bad_pixels_stay_on_their_samples(tmp_path, orientation):
    """The gain of a map that doubles from left to right of the active area, and a bad sample named in it."""
    flip = FLIP_OF_ORIENTATION[orientation]
    height, width = ACTIVE[2] - ACTIVE[0], ACTIVE[3] - ACTIVE[1]
    ramp = np.array([[1.0, 2.0]], np.float32)
    shading = opcode_list(gain_map(ramp, (0, 0, height, width), spacing=(1.0, 1.0)))
    flat = np.full((HEIGHT, WIDTH), 4000, np.uint16)
    bad = (TOP + 10, LEFT + 12)
    flat[bad] = 9000
    lists = {51008: (UNDEFINED, opcode_list(bad_pixels([bad]))), 51009: (UNDEFINED, shading)}
    path = write(tmp_path / "a.dng", flat, COLOUR | crop_tags() | lists | {274: (SHORT, [orientation])})
    frame = RawFrame.load(path)
    assert (frame.samples == 4000).all()
    assert frame.shading is not None
    column = (np.arange(width) + 0.5) / width
    expected = np.tile(1 + column, (height, 1))[ORIGIN[1] : ORIGIN[1] + SIZE[1], ORIGIN[0] : ORIGIN[0] + SIZE[0]]
    batch = FrameBatch.stack([frame])
    assert batch.shading is not None
    found = rgb_gains(batch.shading, batch.samples.expand(1, 3, -1, -1))[0, 1].numpy()
    assert np.allclose(found, orient(expected, flip), atol=1e-5)


def test_a_crop_between_samples_is_rounded_as_adobes_sdk_rounds(tmp_path):
    path = write(tmp_path / "a.dng", samples(), COLOUR | crop_tags((6.5, 3.49), (69.5, 45.4)))
    assert np.array_equal(RawFrame.load(path).samples, samples()[TOP - 1 : TOP - 1 + 45, LEFT : LEFT + 70])


@pytest.mark.parametrize("origin,size", [((0, 0), (0, 0)), ((200, 4), (70, 45)), ((0, 0), (500, 500))])
def test_a_crop_that_cannot_be_shows_the_active_area(tmp_path, origin, size):
    frame = RawFrame.load(write(tmp_path / "a.dng", samples(), COLOUR | crop_tags(origin, size)))
    assert frame.samples.shape == (ACTIVE[2] - ACTIVE[0], ACTIVE[3] - ACTIVE[1])


def test_colours_inside_a_crop_are_right(tmp_path):
    inner = mosaic_of(picture_of(CAMERA), "GBRG")
    stored = np.full((HEIGHT + 11, WIDTH + 9), 77, np.uint16)
    stored[7 : 7 + HEIGHT, 3 : 3 + WIDTH] = stored_dn(inner)
    # the active area begins at (2, 2): its pattern is the crop's moved by (5, 1)
    frame = RawFrame.load(
        write(
            tmp_path / "a.dng",
            stored,
            COLOUR | crop_tags((1, 5), (WIDTH, HEIGHT), (2, 2, HEIGHT + 10, WIDTH + 7)),
            moved("GBRG", 5, 1),
        )
    )
    assert largest_delta_e(frame, THEORY, WHITE_XY, CAMERA) <= 0.3
    assert largest_delta_e(replace(frame, optical_centre_px=None), THEORY, WHITE_XY, CAMERA) <= 0.3


def moved(cfa: str, top: int, left: int) -> str:
    block = np.array(list(cfa)).reshape(2, 2)
    return "".join(np.roll(block, (top, left), (0, 1)).ravel())


def test_what_is_not_done_to_the_shape_is_named(tmp_path):
    tags = {
        50718: (RATIONAL, [1.0, 0.5]),
        51125: (RATIONAL, [0.1, 0.0, 0.9, 1.0]),
        50732: (RATIONAL, [1.25]),
        50739: (RATIONAL, [2.0]),
        50734: (RATIONAL, [0.7]),
    }
    frame = RawFrame.load(write(tmp_path / "a.dng", samples(), COLOUR | tags))
    assert frame.metadata["corrections"]["not_applied"] == [
        "DefaultScale 1 x 0.5 (pixels that are not square)", "DefaultUserCrop", "LinearResponseLimit 0.7", "BaselineSharpness 1.25", "ShadowScale 2",
    ]  # fmt: skip


def test_neutral_hints_are_not_named_and_a_proxy_shows_the_crop(tmp_path):
    tags = {
        50718: (RATIONAL, [1.5, 1.5]),
        51125: (RATIONAL, [0, 0, 1, 1]),
        50732: (RATIONAL, [1]),
        50739: (RATIONAL, [1]),
        50734: (RATIONAL, [1]),
    }
    frame = RawFrame.load(write(tmp_path / "a.dng", samples(), COLOUR | crop_tags() | tags))
    assert frame.metadata["corrections"]["not_applied"] == []
    assert frame.proxy(SIZE[1]).samples.shape[:2] == SIZE[::-1]


@pytest.mark.parametrize(
    "hint,factor",
    [({50731: (RATIONAL, [0.5])}, 0.5), ({50935: (RATIONAL, [0.75])}, 0.25), ({50731: (RATIONAL, [99])}, 4)],
)
def test_hints_on_noise_change_the_estimate(tmp_path, hint, factor):
    plain = RawFrame.load(write(tmp_path / "a.dng", samples(), COLOUR))
    hinted = RawFrame.load(write(tmp_path / "b.dng", samples(), COLOUR | hint))
    assert np.allclose(hinted.noise, np.array(plain.noise) * factor**2)
    assert "hints" in hinted.metadata["noise_source"]
