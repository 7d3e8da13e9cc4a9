"""Warps in DNGs, byte by byte: what the specification's formulas say of them, what is refused, what is only named."""

import struct

import numpy as np
import pytest
from fixtures.opcode_bytes import opcode, opcode_list

from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import GOPRO_CALIBRATION
from isp_env.raw_io.dng import write_dng, write_frame
from isp_env.raw_io.opcodes.warps import encode_rectilinear, parse_fisheye, parse_rectilinear, parse_rectilinear2
from isp_env.sensor.cfa import orient

TIFF_TO_FLIP = {1: 0, 2: 1, 3: 3, 4: 2, 5: 4, 6: 6, 7: 7, 8: 5}
HEIGHT, WIDTH = 24, 34
PLANE = (0.95, 0.03, -0.02, 0.004, 0.001, -0.002)


def rectilinear(*planes: tuple[float, ...], centre=(0.5, 0.5)) -> bytes:
    return struct.pack(f">I{6 * len(planes)}d2d", len(planes), *(each for plane in planes for each in plane), *centre)


def rectilinear2(radial: tuple[float, ...], held=(0.0, 1.0), reciprocal=0) -> bytes:
    terms = (*radial, *[0.0] * (15 - len(radial)))
    return struct.pack(">I19d2dI", 1, *terms, 0.001, -0.002, *held, 0.5, 0.5, reciprocal)


def load(path, content: bytes, kind=1, number=3, **options) -> RawFrame:
    samples = np.random.default_rng(1).integers(600, 9000, (HEIGHT, WIDTH)).astype(np.uint16)
    levels = {"black_level_dn": (256.0,) * 4, "white_level_dn": 16383}
    colour = {"calibration": GOPRO_CALIBRATION, "as_shot_neutral": (0.5, 1.0, 0.6)}
    lists = {number: opcode_list(opcode(kind, content))}
    write_dng(path, samples, "RGGB", **levels, **colour, opcode_lists=lists, **options)
    return RawFrame.load(path)


def by_the_words(row: float, column: float, height: int, width: int, centre=(0.5, 0.5)) -> tuple[float, float]:
    """The specification's formula for WarpRectilinear, one pixel at a time."""
    kr0, kr1, kr2, kr3, kt0, kt1 = PLANE
    x0, y0 = centre[0] * (width - 1), centre[1] * (height - 1)
    m = max(np.hypot(x - x0, y - y0) for x in (0, width - 1) for y in (0, height - 1))
    dx, dy = (column - x0) / m, (row - y0) / m
    r2 = dx * dx + dy * dy
    f = kr0 + kr1 * r2 + kr2 * r2**2 + kr3 * r2**3
    x = f * dx + kt0 * 2 * dx * dy + kt1 * (r2 + 2 * dx * dx)
    y = f * dy + kt1 * 2 * dx * dy + kt0 * (r2 + 2 * dy * dy)
    return y0 + m * y, x0 + m * x


@pytest.mark.parametrize("orientation", sorted(TIFF_TO_FLIP))
def test_a_files_warp_is_the_specifications_however_the_picture_is_turned(tmp_path, orientation):
    centre = (0.4, 0.55)
    frame = load(tmp_path / "a.dng", rectilinear(PLANE, centre=centre), orientation=orientation)
    assert frame.metadata["corrections"] == {"applied": ["WarpRectilinear"], "not_applied": []}
    expected = np.empty((HEIGHT, WIDTH, 2))
    for row in range(HEIGHT):
        for column in range(WIDTH):
            expected[row, column] = by_the_words(row, column, HEIGHT, WIDTH, centre)
    flip = TIFF_TO_FLIP[orientation]
    expected = orient(expected, flip)
    names = orient(np.stack(np.meshgrid(np.arange(HEIGHT), np.arange(WIDTH), indexing="ij"), -1).astype(float), flip)
    assert frame.geometry is not None
    rows, columns = np.meshgrid(*(np.arange(side) for side in frame.samples.shape), indexing="ij")
    down, across = frame.geometry.source_px(rows, columns)
    stored = (
        names[0, 0] + down[..., None] * (names[1, 0] - names[0, 0]) + across[..., None] * (names[0, 1] - names[0, 0])
    )
    assert np.abs(stored - expected).max() < 1e-9


def test_a_warp_counts_from_the_active_area(tmp_path):
    samples = np.full((HEIGHT + 8, WIDTH + 6), 1000, np.uint16)
    path = tmp_path / "a.dng"
    colour = {"calibration": GOPRO_CALIBRATION, "as_shot_neutral": (0.5, 1.0, 0.6)}
    area = (4, 2, 4 + HEIGHT, 2 + WIDTH)
    write_dng(path, samples, "RGGB", black_level_dn=(256.0,) * 4, white_level_dn=16383, **colour, active_area=area,
              opcode_lists={3: opcode_list(opcode(1, rectilinear(PLANE)))})  # fmt: skip
    geometry = RawFrame.load(path).geometry
    assert geometry is not None
    assert np.allclose(geometry.source_px(np.array(3.0), np.array(5.0)), by_the_words(3, 5, HEIGHT, WIDTH), atol=1e-9)


def test_the_second_warps_even_powers_are_the_firsts():
    first = parse_rectilinear(rectilinear(PLANE))
    second = parse_rectilinear2(rectilinear2((0.95, 0, 0.03, 0, -0.02, 0, 0.004)))
    assert np.array_equal(first.radial, second.radial)
    assert np.array_equal(first.tangential, second.tangential)


def test_the_second_warp_may_divide():
    warp = parse_rectilinear2(rectilinear2((1.02, 0.01, 0.05), reciprocal=1))
    radii = np.linspace(0, 1, 50)
    found = np.polynomial.polynomial.polyval(radii, warp.radial[1])
    assert np.abs(found - 1 / (1.02 + 0.01 * radii + 0.05 * radii**2)).max() < 2e-6


def test_a_fisheyes_polynomial_is_of_the_angle():
    content = struct.pack(">I4d2d", 1, 0.9, 0.08, -0.02, 0.01, 0.5, 0.5)
    warp = parse_fisheye(content)
    radii = np.linspace(0.01, 1, 50)
    angle = np.arctan(radii)
    expected = (0.9 * angle + 0.08 * angle**3 - 0.02 * angle**5 + 0.01 * angle**7) / radii
    assert np.abs(np.polynomial.polynomial.polyval(radii, warp.radial[1]) - expected).max() < 2e-6


@pytest.mark.parametrize("number", [1, 2])
def test_a_warp_before_demosaicing_is_only_named(tmp_path, number):
    frame = load(tmp_path / "a.dng", rectilinear(PLANE), number=number)
    assert frame.geometry is None
    assert frame.metadata["corrections"]["not_applied"] == ["WarpRectilinear (optional)"]


def test_a_warp_that_folds_is_only_named(tmp_path):
    frame = load(tmp_path / "a.dng", rectilinear((1.0, -0.4, 0.0, 0.0, 0.0, 0.0)))
    assert frame.geometry is None
    assert frame.metadata["corrections"]["not_applied"] == ["WarpRectilinear (optional)"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        rectilinear(PLANE)[:-1],
        rectilinear(PLANE, PLANE),
        rectilinear((float("nan"), *PLANE[1:])),
        rectilinear(PLANE, centre=(1.5, 0.5)),
        rectilinear(PLANE, centre=(float("nan"), 0.5)),
    ],
)
def test_a_damaged_warp_is_an_error(content):
    with pytest.raises(ValueError, match=r"Warp|warp"):
        parse_rectilinear(content)


def test_three_planes_are_red_green_and_blue():
    planes = [(1 + 0.001 * each, *PLANE[1:]) for each in range(3)]
    assert parse_rectilinear(rectilinear(*planes)).radial[:, 0].tolist() == [1.0, 1.001, 1.002]


def test_a_frames_geometry_is_written_and_read_back(tmp_path):
    frame = load(tmp_path / "a.dng", rectilinear(PLANE, centre=(0.4, 0.6)))
    write_frame(tmp_path / "b.dng", frame)
    again = RawFrame.load(tmp_path / "b.dng").geometry
    assert again is not None and frame.geometry is not None
    assert np.allclose(
        again.source_px(np.array(3.0), np.array(30.0)), frame.geometry.source_px(np.array(3.0), np.array(30.0))
    )


def test_what_is_written_is_what_was_parsed():
    content = rectilinear(*[PLANE] * 3, centre=(0.4, 0.6))
    assert encode_rectilinear(parse_rectilinear(content)) == content
