"""A lens in numbers of one's own, from a TOML file:

name = "my 24 mm at f/4"
distortion = [0.98, 0.03, -0.02, 0.004]  # model = "rectilinear" unless said: WarpRectilinear's kr0 to kr3, then kt0, kt1
# model = "ptlens": a, b, c of  r' = r (a r^3 + b r^2 + c r + 1 - a - b - c); "poly3": k1 of  r' = r (1 - k1 + k1 r^2)
red = 1.0003                             # how much larger the lens draws red and blue than green
blue = 0.9998
vignetting = [-0.4, 0.1, 0.0]            # what is left of the light: 1 + k1 r^2 + k2 r^4 + k3 r^6, r being 1 at the corner
centre = [0.5, 0.5]                      # x, y of the axis, from 0 to 1

r is 1 at the furthest corner for "rectilinear", at half the shorter side for "ptlens" and "poly3", as hugin and lensfun have it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from attiqa_core.errors import InputError
from attiqa_core.files.described import read_toml
from isp_env.lens.geometry import TERMS, fault_of
from isp_env.lens_profiles.profile import KNOTS, LensProfile, shading_of
from isp_env.raw_io.opcodes.warps import Warp

COUNTS = {"rectilinear": (4, 6), "ptlens": (3,), "poly3": (1,)}
KEYS = ("name", "model", "distortion", "red", "blue", "vignetting", "centre")
SIZES = (0.98, 1.02)  # of red and blue
DIMMEST = 0.05  # share of the light that a corner keeps at the least


@dataclass(frozen=True)
class LensNumbers:
    """What a lens file says, checked: empty where it says nothing. `path` is for sentences about it."""

    path: Path
    name: str
    model: str = "rectilinear"
    distortion: tuple[float, ...] = ()
    red: float = 1.0
    blue: float = 1.0
    vignetting: tuple[float, ...] = ()
    centre: tuple[float, ...] = (0.5, 0.5)


def read_lens_file(path: Path) -> LensNumbers:
    """Return the checked numbers of a lens file. Raises: InputError naming the file and the key."""
    table = read_toml(path)
    if extra := [key for key in table if key not in KEYS]:
        raise InputError(f"{path}: {extra[0]}: is not known; a lens file holds {', '.join(KEYS)}")
    model = table.get("model", LensNumbers.model)
    if model not in tuple(COUNTS):  # a list in its place is no key
        raise InputError(f"{path}: model = {model!r}: is not {', '.join(COUNTS)}")
    counts = {"distortion": COUNTS[model], "vignetting": (3,), "centre": (2,)}
    lists = {key: _numbers(path, table, key, each) for key, each in counts.items() if key in table}
    if not all(0 <= each <= 1 for each in lists.get("centre", ())):
        raise InputError(f"{path}: centre = {table['centre']}: give x and y from 0 to 1")
    sizes = {colour: _size(path, colour, table[colour]) for colour in ("red", "blue") if colour in table}
    return LensNumbers(
        path=path,
        name=str(table.get("name", path.stem)),
        model=model,
        distortion=lists.get("distortion", ()),
        red=sizes.get("red", 1.0),
        blue=sizes.get("blue", 1.0),
        vignetting=lists.get("vignetting", ()),
        centre=lists.get("centre", (0.5, 0.5)),
    )


def _size(path: Path, colour: str, value: Any) -> float:
    (size,) = _numbers(path, {colour: [value]}, colour, (1,))
    if not SIZES[0] <= size <= SIZES[1]:
        raise InputError(f"{path}: {colour} = {size:g}: give a size from {SIZES[0]} to {SIZES[1]}")
    return size


def _numbers(path: Path, table: dict[str, Any], key: str, counts: tuple[int, ...]) -> tuple[float, ...]:
    values = table[key]
    is_list = isinstance(values, list) and len(values) in counts
    if not is_list or not all(type(each) in (int, float) and abs(each) < 1e3 for each in values):  # NaN fails too
        raise InputError(f"{path}: {key} = {values!r}: give {' or '.join(map(str, counts))} finite numbers")
    return tuple(float(each) for each in values)


def own_profile(numbers: LensNumbers, height: int, width: int) -> LensProfile:
    """Return the profile of a checked lens file for a frame. Raises: InputError for a warp that no lens has."""
    geometry = None
    if numbers.distortion or (numbers.red, numbers.blue) != (1, 1):
        geometry = _warp(numbers, height, width).geometry(height, width)
        if fault := fault_of(geometry):
            raise InputError(f"{numbers.path}: distortion: {fault}; check its numbers and their order")
    shading = None
    if numbers.vignetting:
        left = 1 + _radius_squared(numbers.centre, height, width) * np.polynomial.polynomial.polyval(
            _radius_squared(numbers.centre, height, width), numbers.vignetting
        )
        if left.min() < DIMMEST or not math.isfinite(left.max()) or left.max() > 1 / DIMMEST:
            raise InputError(f"{numbers.path}: vignetting: leaves {left.min():.3g} to {left.max():.3g} of the light")
        shading = shading_of(np.stack([1 / left] * 3), height, width)
    return LensProfile(numbers.name, geometry, shading)


def _warp(numbers: LensNumbers, height: int, width: int) -> Warp:
    x, y = numbers.centre
    corner = math.hypot(max(y, 1 - y) * (height - 1), max(x, 1 - x) * (width - 1))
    per_corner = corner / (min(height, width) / 2)  # of hugin's r, at the furthest corner
    terms, tangential = np.zeros(TERMS), (0.0, 0.0)
    match numbers.model, numbers.distortion:
        case _, ():
            terms[0] = 1
        case "rectilinear", values:
            terms[0:7:2], tangential = values[:4], values[4:] or (0.0, 0.0)
        case "ptlens", (a, b, c):
            terms[:4] = np.array([1 - a - b - c, c, b, a]) * per_corner ** np.arange(4)
        case "poly3", (k1,):
            terms[0], terms[2] = 1 - k1, k1 * per_corner**2
    sizes = np.array([numbers.red, 1.0, numbers.blue])[:, None]
    return Warp(terms * sizes, np.array([tangential] * 3) * sizes, (x, y))


def _radius_squared(centre: Sequence[float], height: int, width: int) -> np.ndarray:
    """On the knots of a grid of gains; 1 at the furthest corner."""
    x, y = centre
    places = (np.arange(KNOTS) + 0.5) / KNOTS
    down, across = (places[:, None] - y) * height, (places[None] - x) * width
    return (down**2 + across**2) / ((max(y, 1 - y) * height) ** 2 + (max(x, 1 - x) * width) ** 2)
