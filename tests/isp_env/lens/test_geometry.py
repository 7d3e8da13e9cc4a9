"""Where a corrected picture's pixels come from: against Adobe's program, at every orientation, cut, resized and enlarged."""

import dataclasses

import numpy as np
import pytest

from isp_env.lens.geometry import GREEN, LensGeometry, fault_of, filling_factor, lateral_of, within
from isp_env.raw_io.opcodes.warps import Warp
from isp_env.sensor.cfa import orient

HEIGHT, WIDTH = 30, 44
BARREL = (0.99, -0.03, -0.02, 0.005)
ROUNDING = 1e-9  # px, of float64


def warp(*planes: tuple[float, ...], tangential=(0.0, 0.0), centre=(0.5, 0.5)) -> Warp:
    """The warp of one or three planes' kr0 to kr3."""
    radial = np.zeros((3, 15))
    radial[:, :7:2] = planes if len(planes) == 3 else planes * 3
    return Warp(radial, np.array([tangential] * 3), centre)


def everywhere(height=HEIGHT, width=WIDTH):
    return np.meshgrid(np.arange(height), np.arange(width), indexing="ij")


def test_places_are_those_of_adobes_program():
    """The DNG SDK's own, printed by its dng_filter_warp; it counts the centre by edges, which is up to half a pixel off."""
    geometry = warp((0.992, 0.045, -0.028, 0.009), centre=(0.23, 0.67)).geometry(701, 1001)
    row, column = geometry.source_px(np.array(700.0), np.array(1000.0))
    assert abs(column - 1011.2046333360396) < 0.05
    assert abs(row - 703.35264195316779) < 0.05


@pytest.mark.parametrize("flip", range(8))
def test_turning_the_frame_turns_its_geometry(flip):
    geometry = warp(BARREL, tangential=(0.004, -0.003), centre=(0.45, 0.6)).geometry(HEIGHT, WIDTH)
    sources = np.stack(geometry.source_px(*everywhere()), -1)
    names = np.stack(everywhere(), -1)
    turned_names = orient(names, flip)  # which pixel of the stored picture lies where
    height, width = turned_names.shape[:2]
    turned = np.stack(geometry.oriented(flip, HEIGHT, WIDTH).source_px(*everywhere(height, width)), -1)
    expected = orient(sources, flip)
    corner = orient(names.astype(float), flip)[0, 0]
    down, across = orient(names.astype(float), flip)[1, 0] - corner, orient(names.astype(float), flip)[0, 1] - corner
    back = corner + turned[..., :1] * down + turned[..., 1:] * across
    assert np.abs(back - expected).max() < ROUNDING


def test_a_part_shows_what_the_whole_shows_there():
    geometry = warp(BARREL).geometry(HEIGHT, WIDTH)
    rows, columns = everywhere(10, 12)
    whole = geometry.source_px(rows + 6, columns + 4)
    part = geometry.cropped(6, 4).source_px(rows, columns)
    assert np.abs(np.array(whole) - np.array(part) - np.array([6, 4])[:, None, None]).max() < ROUNDING


def test_resizing_keeps_places_by_the_pixels_edges():
    geometry = warp(BARREL, tangential=(0.002, 0.001)).geometry(HEIGHT, WIDTH)
    row, column = geometry.source_px(np.array(7.0), np.array(9.0))
    small = geometry.resized(0.5, 0.5).source_px((np.array(7.0) + 0.5) / 2 - 0.5, (np.array(9.0) + 0.5) / 2 - 0.5)
    assert np.allclose(small, ((row + 0.5) / 2 - 0.5, (column + 0.5) / 2 - 0.5), atol=ROUNDING)


def test_enlarging_shows_what_lay_nearer_to_the_axis():
    geometry = warp(BARREL, tangential=(0.002, 0.001)).geometry(HEIGHT, WIDTH)
    row, column = geometry.centre_px
    larger = geometry.enlarged(1.25).source_px(np.array(row + 10.0), np.array(column - 5.0))
    assert np.allclose(larger, geometry.source_px(np.array(row + 8.0), np.array(column - 4.0)), atol=ROUNDING)


@pytest.mark.parametrize("coefficients", [BARREL, (1.02, 0.04, 0.0, 0.0), (0.9, 0.1, 0.0, 0.0)])
def test_the_filling_factor_just_leaves_nothing_beyond_the_frame(coefficients):
    geometry = warp(coefficients).geometry(HEIGHT, WIDTH)
    down, across = geometry.enlarged(filling_factor(geometry, HEIGHT, WIDTH)).source_px(*everywhere())
    edges = (down.min(), across.min(), HEIGHT - 1 - down.max(), WIDTH - 1 - across.max())
    assert min(edges) > -2e-3
    assert min(edges) < 0.02


def test_a_cut_frame_shows_its_middle_in_its_middle_and_nothing_from_beyond():
    geometry = within(warp((0.97, 0.03, -0.05, 0.0)).geometry(300, 440).cropped(20, 30), 120, 150)
    middle = geometry.source_px(np.array(59.5), np.array(74.5))
    assert np.allclose(middle, (59.5, 74.5), atol=0.01)
    down, across = geometry.source_px(*everywhere(120, 150))
    assert down.min() > -0.01 and down.max() < 119.01 and across.min() > -0.01 and across.max() < 149.01


def test_red_and_blue_are_found_beside_what_the_lens_drew_of_green():
    planes = ((0.9505, 0.0445, -0.08, 0.009), (0.95, 0.045, -0.08, 0.009), (0.95, 0.047, -0.08, 0.009))
    geometry = warp(*planes).geometry(3000, 4000)
    beside = lateral_of(geometry)
    assert beside is not None and beside.is_plain
    rows, columns = np.meshgrid(np.linspace(0, 2999, 20), np.linspace(0, 3999, 20), indexing="ij")
    drawn = geometry.source_px(rows, columns, GREEN)
    for plane in (0, 2):
        error = np.abs(np.array(geometry.source_px(rows, columns, plane)) - np.array(beside.source_px(*drawn, plane)))
        assert error.max() < 0.005  # px, where colours lie up to 3 px apart


def test_colours_that_lie_together_are_left_alone():
    assert lateral_of(warp(BARREL).geometry(HEIGHT, WIDTH)) is None


@pytest.mark.parametrize(
    ("planes", "fault"),
    [
        (((1.0, -0.4, 0.0, 0.0),), "folds"),
        (((1.8, 0.0, 0.0, 0.0),), "half the picture"),
        (((float("nan"), 0.0, 0.0, 0.0),), "half the picture"),
        (((1.02, 0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)), "too far apart"),
    ],
)
def test_what_no_lens_does_is_called_by_name(planes, fault):
    assert fault in (fault_of(warp(*planes).geometry(HEIGHT, WIDTH)) or "")


def test_what_lenses_do_is_no_fault():
    assert fault_of(warp(BARREL, tangential=(0.002, -0.001)).geometry(HEIGHT, WIDTH)) is None


def test_a_geometry_is_plain_when_nothing_moves():
    geometry = warp((1.0, 0.0, 0.0, 0.0)).geometry(HEIGHT, WIDTH)
    assert geometry.is_plain
    assert not dataclasses.replace(geometry, drawn_centre_px=(0.0, 0.0)).is_plain
    assert isinstance(geometry, LensGeometry)
