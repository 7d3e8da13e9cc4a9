"""The DNG opcodes that say how a lens distorts, as one radial polynomial with tangential terms.

Source: DNG Specification 1.7.1.0, chapter 7, WarpRectilinear, WarpFisheye and WarpRectilinear2. Always big-endian.
"""

import math
import struct
from dataclasses import dataclass

import numpy as np

from isp_env.lens.geometry import TERMS, LensGeometry

MOST_PLANES = 4
LARGEST_FIT_ERROR = 2e-6  # of the radius: 0.01 px at 5,000 px
_KNOTS = 513


@dataclass(frozen=True)
class Warp:
    """A warp for every picture's size: `radial` (3, TERMS), `tangential` (3, 2), of R, G, B; `centre` (x, y) is relative to
    the picture, 0 its first and 1 its last pixel; r is 1 at the corner furthest from it and `held` within a range."""

    radial: np.ndarray
    tangential: np.ndarray
    centre: tuple[float, float]
    held: tuple[float, float] = (0.0, 1.0)

    def geometry(self, height: int, width: int) -> LensGeometry:
        """Return the warp of a height x width picture."""
        x, y = self.centre
        centre = (y * (height - 1), x * (width - 1))
        radius = math.hypot(max(y, 1 - y) * (height - 1), max(x, 1 - x) * (width - 1)) or 1.0
        return LensGeometry(self.radial, self.tangential, centre, centre, (radius, radius), self.held)


def parse_rectilinear(content: bytes) -> Warp:
    """Return a WarpRectilinear: for each plane kr0 to kr3 of even powers, and kt0, kt1. Raises: ValueError."""
    numbers = _numbers("WarpRectilinear", content, 6)
    radial = np.zeros((len(numbers), TERMS))
    radial[:, 0:7:2] = numbers[:, :4]
    return _warp("WarpRectilinear", radial, numbers[:, 4:6], _centre(content[-16:]))


def parse_fisheye(content: bytes) -> Warp:
    """Return a WarpFisheye: for each plane kr0 to kr3 of odd powers of the angle atan(r). Raises: ValueError."""
    numbers = _numbers("WarpFisheye", content, 4)
    radii = np.linspace(0, 1, _KNOTS)[1:]
    angle = np.arctan(radii)
    ratios = np.stack([sum(k * angle ** (2 * i + 1) for i, k in enumerate(plane)) / radii for plane in numbers])
    radial = np.zeros((len(numbers), TERMS))
    radial[:, ::2] = [_fitted("WarpFisheye", radii**2, ratio, TERMS // 2) for ratio in ratios]
    return _warp("WarpFisheye", radial, np.zeros((len(numbers), 2)), _centre(content[-16:]))


def parse_rectilinear2(content: bytes) -> Warp:
    """Return a WarpRectilinear2: for each plane kr0 to kr14, kt0, kt1 and the range of r; or all of 1 / f. Raises: ValueError."""
    if len(content) < 4:
        raise ValueError(f"WarpRectilinear2 of {len(content)} bytes")
    (reciprocal,) = struct.unpack(">I", content[-4:])
    numbers = _numbers("WarpRectilinear2", content[:-4], 19)
    radial, ranges = numbers[:, :15], numbers[:, 17:]
    low, high = float(ranges[:, 0].max()), float(ranges[:, 1].min())  # one range for all planes: they differ in no file
    if not 0 <= low < high <= 1:
        raise ValueError(f"WarpRectilinear2 with ranges of radius {ranges.tolist()}")
    if reciprocal:
        radii = np.linspace(low, high, _KNOTS)
        values = np.stack([np.polynomial.polynomial.polyval(radii, plane) for plane in radial])
        if not (values > 0).all():
            raise ValueError("WarpRectilinear2 divides by 0")
        radial = np.stack([_fitted("WarpRectilinear2", radii, 1 / plane, TERMS - 1) for plane in values])
    return _warp("WarpRectilinear2", radial, numbers[:, 15:17], _centre(content[-20:-4]), (low, high))


def encode_rectilinear(warp: Warp) -> bytes:
    """Return the content of the WarpRectilinear of three planes; `is_rectilinear` holds of the warp."""
    planes = np.hstack([warp.radial[:, 0:7:2], warp.tangential])
    return struct.pack(f">I{planes.size}d2d", len(planes), *planes.ravel(), *warp.centre)


def encode_rectilinear2(warp: Warp) -> bytes:
    """Return the content of the WarpRectilinear2 of three planes."""
    planes = np.hstack([warp.radial, warp.tangential, np.tile(np.clip(warp.held, 0, 1), (3, 1))])
    return struct.pack(f">I{planes.size}d2dI", len(planes), *planes.ravel(), *warp.centre, 0)


def is_rectilinear(warp: Warp) -> bool:
    """Return whether the warp has the even powers alone that the first version of WarpRectilinear has."""
    return not (warp.radial[:, 1:7:2].any() or warp.radial[:, 7:].any()) and warp.held == (0.0, 1.0)


def warp_of(geometry: LensGeometry, height: int, width: int) -> Warp | None:
    """Return the warp whose geometry at this size is the given one; None where none is, as of a frame that was cut."""
    (row, column), tall = geometry.centre_px, max(height - 1, 1)
    warp = Warp(geometry.radial, geometry.tangential, (column / max(width - 1, 1), row / tall), geometry.held)
    same = 0 <= row <= height - 1 and 0 <= column <= width - 1 and geometry.drawn_centre_px == geometry.centre_px
    return warp if same and np.allclose(warp.geometry(height, width).radius_px, geometry.radius_px) else None


def _numbers(name: str, content: bytes, per_plane: int) -> np.ndarray:
    """The planes' numbers (planes, per_plane), before the centre."""
    planes = struct.unpack_from(">I", content)[0] if len(content) >= 4 else 0
    if not 1 <= planes <= MOST_PLANES or len(content) != 4 + 8 * per_plane * planes + 16:
        raise ValueError(f"{name} of {len(content)} bytes for {planes} planes")
    numbers = np.frombuffer(content, ">f8", per_plane * planes, 4).astype(np.float64).reshape(planes, per_plane)
    if not np.isfinite(numbers).all() or np.abs(numbers).max() > 1e3:
        raise ValueError(f"{name} with coefficients {numbers.tolist()}")
    return numbers


def _centre(content: bytes) -> tuple[float, float]:
    x, y = struct.unpack(">2d", content)
    if not (0 <= x <= 1 and 0 <= y <= 1):  # NaN fails too
        raise ValueError(f"a warp about {x, y}, which is not in the picture")
    return x, y


def _warp(
    name: str,
    radial: np.ndarray,
    tangential: np.ndarray,
    centre: tuple[float, float],
    held: tuple[float, float] = (0.0, 1.0),
) -> Warp:
    """One plane serves all three."""
    if len(radial) == 2:
        raise ValueError(f"{name} of two planes")
    planes = [0, 1, 2] if len(radial) > 2 else [0, 0, 0]
    return Warp(radial[planes], tangential[planes], centre, held)


def _fitted(name: str, places: np.ndarray, values: np.ndarray, degree: int) -> np.ndarray:
    """The coefficients of the polynomial of this degree through values at places, lowest first."""
    fit = np.polynomial.Chebyshev.fit(places, values, degree, domain=[places[0], places[-1]])
    if np.abs(fit(places) - values).max() > LARGEST_FIT_ERROR:
        raise ValueError(f"{name} is no smooth warp")
    coefficients = fit.convert(kind=np.polynomial.Polynomial).coef
    return np.pad(coefficients, (0, degree + 1 - len(coefficients)))
