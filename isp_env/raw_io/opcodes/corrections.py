"""What is done with a DNG's opcodes: gain maps and vignettes become one `LensShading`, a warp a `LensGeometry`, bad pixels a
list, others a name.

OpcodeList1 counts from the corner of the stored picture, OpcodeList2 and OpcodeList3 from that of the active area.
Source: DNG Specification 1.7.1.0, chapter 7.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from attiqa_core.errors import InputError
from isp_env.lens.geometry import LensGeometry, fault_of
from isp_env.lens.shading import LensShading
from isp_env.raw_io.opcodes.parsing import BadPixels, BadPixelsConstant, GainMap, Opcode, VignetteRadial
from isp_env.raw_io.opcodes.warps import Warp
from isp_env.sensor.cfa import cfa_sites

COMMON_KNOTS = 129
"""Knots a side where one grid has to serve maps with different knots or a vignette: a polynomial whose second derivative
over the picture's height is d is then off by at most d / (8 * 128^2): 0.07 % for 1 + r^10, far less for real lenses."""
WHOLE_SHARE = (
    0.95  # of each side: a map of so much counts as the picture's (Android counts areas from the stored corner)
)
COLOURS_OF_PLANE = ((0,), (1, 2), (3,))  # R; both greens; B

Grid = tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Sensor:
    """Where the samples lie: `active_px`, the height and width of the active area; `visible_corner_px`, the top and left
    of the visible picture in it; `active_corner_px`, its own in the stored picture.

    `cfa` is at the visible corner, None for other patterns and linear RGB; `planes` is 1 for mosaics, 3 for linear RGB.
    """

    active_px: tuple[int, int]
    visible_corner_px: tuple[int, int]
    active_corner_px: tuple[int, int]
    cfa: str | None
    planes: int


@dataclass(frozen=True)
class LensCorrections:
    """What a file's opcodes come to; `shading` and `geometry` lie in the visible picture before it is turned upright.

    `bad_pixels`: each with the row and column of the visible corner in its own count; `not_applied` says of each kind
    whether the file calls it optional.
    """

    shading: LensShading | None
    bad_pixels: tuple[tuple[BadPixels | BadPixelsConstant, int, int], ...]
    applied: tuple[str, ...]
    not_applied: tuple[str, ...]
    geometry: LensGeometry | None = None


def lens_corrections(label: str, lists: Mapping[int, tuple[Opcode, ...]], sensor: Sensor) -> LensCorrections:
    """Return what to do about the opcodes of lists 1, 2 and 3. Raises: InputError if a map lies outside the picture."""
    shadings: list[tuple[GainMap | VignetteRadial, dict[int, int]]] = []
    bad_pixels: list[tuple[BadPixels | BadPixelsConstant, int, int]] = []
    geometry: LensGeometry | None = None
    applied, not_applied = [], []
    for number, opcode in ((number, opcode) for number, opcodes in lists.items() for opcode in opcodes):
        match opcode.correction:
            case GainMap() | VignetteRadial() as gains:
                _check_inside(label, number, gains, sensor)
                reached = _map_planes(gains, number, sensor)
                shadings += [(gains, reached)] if reached else []
            case BadPixels() | BadPixelsConstant() as bad:
                reached = _visible_corner(bad, number, sensor)
                bad_pixels += [(bad, *reached)] if reached else []
            case Warp() as warp:
                reached = geometry is None and number == 3 and _visible_geometry(warp, sensor)
                geometry = reached or geometry
            case None:
                reached = None
        if reached:
            applied.append(opcode.name)
        else:
            not_applied.append(f"{opcode.name} ({'optional' if opcode.optional else 'not optional'})")
    shading = _combined(shadings, sensor) if shadings else None
    names = tuple(dict.fromkeys(applied)), tuple(dict.fromkeys(not_applied))
    return LensCorrections(shading, tuple(bad_pixels), *names, geometry)


def _visible_geometry(warp: Warp, sensor: Sensor) -> LensGeometry | None:
    """The warp of the visible picture; None if it is more than a lens does."""
    geometry = warp.geometry(*sensor.active_px)
    return None if fault_of(geometry) else geometry.cropped(*sensor.visible_corner_px)


def _check_inside(label: str, number: int, correction: GainMap | VignetteRadial, sensor: Sensor) -> None:
    if not isinstance(correction, GainMap):
        return
    (top, left, bottom, right), (height, width) = correction.area_px, sensor.active_px
    if (bottom or right) and (top >= height or left >= width or bottom <= 0 or right <= 0):
        raise InputError(
            f"{label}: OpcodeList{number} has a GainMap of {correction.area_px}, outside the {height} x {width} "
            "picture; copy it from the camera again"
        )


def _visible_corner(correction: BadPixels | BadPixelsConstant, number: int, sensor: Sensor) -> tuple[int, int] | None:
    """The visible corner in the rows and columns of a list of bad pixels; None if it cannot be applied."""
    if sensor.cfa is None or number == 3 or (isinstance(correction, BadPixelsConstant) and number != 1):
        return None
    (top, left), (stored_top, stored_left) = sensor.visible_corner_px, sensor.active_corner_px
    return (top + stored_top, left + stored_left) if number == 1 else (top, left)


def _map_planes(correction: GainMap | VignetteRadial, number: int, sensor: Sensor) -> dict[int, int]:
    """The map's plane for each CFA colour (0 to 3) that the correction reaches; none if it cannot be applied.

    List 1 comes before black is subtracted, and a map of a part of the picture or of every third row has no grid here.
    """
    if number == 1:
        return {}
    if isinstance(correction, VignetteRadial):
        return dict.fromkeys(range(4), 0)
    last, reached = correction.gains.shape[2] - 1, range(correction.plane, correction.plane + correction.planes)
    pitch, of_rgb = correction.pitch_px, number == 3 or sensor.planes == 3
    if _is_part(correction, sensor) or max(pitch) > (2 if sensor.cfa and not of_rgb else 1):
        return {}
    if of_rgb:
        planes = {colour: plane for plane, colours in enumerate(COLOURS_OF_PLANE) for colour in colours}
        return {colour: min(plane - reached[0], last) for colour, plane in planes.items() if plane in reached}
    offsets = (sensor.visible_corner_px[0] - correction.area_px[0], sensor.visible_corner_px[1] - correction.area_px[1])
    return {
        colour: 0
        for site, colour in cfa_sites(sensor.cfa or "RGGB").items()
        if 0 in reached
        and all((at + offset) % step == 0 for at, offset, step in zip(site, offsets, pitch, strict=True))
    }


def _is_part(correction: GainMap, sensor: Sensor) -> bool:
    (top, left, bottom, right), (height, width) = correction.area_px, sensor.active_px
    if not (bottom or right):
        return False
    margin = 1 - WHOLE_SHARE
    starts_late = top > margin * height or left > margin * width
    return starts_late or bottom < WHOLE_SHARE * height or right < WHOLE_SHARE * width


def _combined(shadings: list[tuple[GainMap | VignetteRadial, dict[int, int]]], sensor: Sensor) -> LensShading:
    """The product of all on the knots of the maps where these share them, else on a common grid over the picture."""
    maps = [correction for correction, _ in shadings if isinstance(correction, GainMap)]
    first = maps[0] if maps else None
    if first is not None and len(maps) == len(shadings) and all(_same_knots(first, each) for each in maps):
        rows, columns = (
            origin + step * np.arange(count)
            for origin, step, count in zip(first.origin, first.spacing, first.gains.shape[:2], strict=True)
        )
    else:
        rows, columns = (np.linspace(0.5, side - 0.5, COMMON_KNOTS) / side for side in sensor.active_px)
    gains = np.ones((4, len(rows), len(columns)))
    for correction, planes in shadings:
        for colour, plane in planes.items():
            gains[colour] *= _evaluated(correction, plane, (rows, columns), sensor)
    (height, width), (top, left) = sensor.active_px, sensor.visible_corner_px
    (first_row, down), (first_column, across) = (
        (float(knots[0]), float(knots[1] - knots[0]) if len(knots) > 1 else 1.0) for knots in (rows, columns)
    )
    whole = LensShading(
        gains.astype(np.float32), (first_row * height, first_column * width), (down * height, across * width)
    )
    return whole.cropped(top, left)


def _same_knots(one: GainMap, other: GainMap) -> bool:
    return (one.origin, one.spacing, one.gains.shape[:2]) == (other.origin, other.spacing, other.gains.shape[:2])


def _evaluated(correction: GainMap | VignetteRadial, plane: int, grid: Grid, sensor: Sensor) -> np.ndarray:
    """The gains (rows, columns) of one of the map's planes at places relative to the picture."""
    if isinstance(correction, VignetteRadial):
        return correction.gain(_radius_squared(correction.centre, grid, sensor.active_px))
    gains = correction.gains[..., plane].astype(np.float64)
    for axis, places in enumerate(grid):
        count = gains.shape[axis]
        at = (places - correction.origin[axis]) / correction.spacing[axis] if count > 1 else np.zeros_like(places)
        share = np.maximum(1 - np.abs(np.clip(at, 0, count - 1)[:, None] - np.arange(count)), 0)
        gains = np.moveaxis(np.tensordot(share, gains, (1, axis)), 0, axis)
    return gains


def _radius_squared(centre: tuple[float, float], grid: Grid, size_px: tuple[int, int]) -> np.ndarray:
    """Squared distances from the centre, 1 at the furthest corner pixel."""
    (x, y), (height, width) = centre, size_px
    down = grid[0][:, None] * height - 0.5 - y * (height - 1)
    across = grid[1][None] * width - 0.5 - x * (width - 1)
    furthest = (max(y, 1 - y) * (height - 1)) ** 2 + (max(x, 1 - x) * (width - 1)) ** 2
    return (down**2 + across**2) / max(furthest, 1.0)


def gain_maps(shading: LensShading, cfa: str, height: int, width: int) -> tuple[GainMap, ...]:
    """Return the OpcodeList2 of a height x width mosaic's shading: one map for each site of the 2x2 block."""
    (row, column), (down, across) = shading.first_px, shading.spacing_px
    return tuple(
        GainMap(
            area_px=(top, left, height, width),
            plane=0,
            planes=1,
            pitch_px=(2, 2),
            spacing=(down / height, across / width),
            origin=(row / height, column / width),
            gains=shading.gains[colour][..., None],
        )
        for (top, left), colour in cfa_sites(cfa).items()
    )
