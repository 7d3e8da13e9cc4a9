"""DNG opcode lists: the corrections that a file asks for, parsed strictly; `corrections` decides what is done with them.

Source: DNG Specification 1.7.1.0, chapter 7 (1.4: chapter 6) "Opcode List Processing". Always big-endian, whatever the file is.
"""

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from isp_env.raw_io.opcodes.warps import (
    Warp,
    encode_rectilinear,
    encode_rectilinear2,
    is_rectilinear,
    parse_fisheye,
    parse_rectilinear,
    parse_rectilinear2,
)

NAMES: dict[int, str] = {
    1: "WarpRectilinear", 2: "WarpFisheye", 3: "FixVignetteRadial", 4: "FixBadPixelsConstant", 5: "FixBadPixelsList",
    6: "TrimBounds", 7: "MapTable", 8: "MapPolynomial", 9: "GainMap", 10: "DeltaPerRow", 11: "DeltaPerColumn",
    12: "ScalePerRow", 13: "ScalePerColumn", 14: "WarpRectilinear2",
}  # fmt: skip
OPTIONAL, SKIP_IN_PREVIEW = 1, 2  # bits of an opcode's flags
LOWEST_GAIN, HIGHEST_GAIN = 0.05, 20.0  # beyond them a list is taken to be damaged: lenses lose four stops at the most
DNG_1_3, DNG_1_6 = 0x01030000, 0x01060000  # the versions that brought opcodes, and the second WarpRectilinear

_HEADER = struct.Struct(">4I")
_GAIN_MAP = struct.Struct(">4i6I4dI")
_VIGNETTE = struct.Struct(">7d")


@dataclass(frozen=True)
class GainMap:
    """Gains of an area of the picture, bilinear between knots and constant beyond them.

    `area_px`: top, left, bottom, right, all zero for the whole picture; `pitch_px`: every how many rows and columns of
    it; `plane`, `planes`: the first and the number of colour planes; `spacing`, `origin`: of the knots, (vertical,
    horizontal), relative to the height and width of the picture; `gains`: (rows, columns, map planes), whose last
    plane also serves the planes beyond it.
    """

    area_px: tuple[int, int, int, int]
    plane: int
    planes: int
    pitch_px: tuple[int, int]
    spacing: tuple[float, float]
    origin: tuple[float, float]
    gains: np.ndarray


@dataclass(frozen=True)
class VignetteRadial:
    """A gain of 1 + k0 r^2 + k1 r^4 + ... + k4 r^10, r being 1 at the corner furthest from `centre`.

    `centre` is (x, y) relative to the picture, 0 its first and 1 its last pixel.
    """

    coefficients: tuple[float, ...]
    centre: tuple[float, float]

    def gain(self, radius_squared: np.ndarray) -> np.ndarray:
        """Return the gain at squared distances in [0, 1]."""
        return np.polynomial.polynomial.polyval(radius_squared, (1.0, *self.coefficients))


@dataclass(frozen=True)
class BadPixelsConstant:
    """Samples of this value, as the file holds them, are bad."""

    value_dn: int


@dataclass(frozen=True)
class BadPixels:
    """Bad samples: `points_px` (N, 2) of row and column, `areas_px` (N, 4) of top, left, bottom and right."""

    points_px: np.ndarray
    areas_px: np.ndarray


Correction = GainMap | VignetteRadial | BadPixelsConstant | BadPixels | Warp


@dataclass(frozen=True)
class Opcode:
    """One entry of a list; `correction` is None for the kinds that are only known by name."""

    name: str
    version: int
    flags: int
    correction: Correction | None

    @property
    def optional(self) -> bool:
        """Whether the file allows a reader to leave the opcode out."""
        return bool(self.flags & OPTIONAL)


def parse_opcodes(content: bytes) -> tuple[Opcode, ...]:
    """Return the opcodes of a list in their order.

    Raises: ValueError with what is wrong, before anything is allocated that the bytes do not fill.
    """
    if len(content) < 4:
        raise ValueError(f"{len(content)} bytes are no opcode list")
    (count,) = struct.unpack_from(">I", content)
    if count > (len(content) - 4) // _HEADER.size:
        raise ValueError(f"{count} opcodes do not fit into {len(content)} bytes")
    opcodes, start = [], 4
    for _ in range(count):
        if start + _HEADER.size > len(content):
            raise ValueError(f"ends before opcode {len(opcodes) + 1} of {count}")
        kind, version, flags, size = _HEADER.unpack_from(content, start)
        start += _HEADER.size
        name = NAMES.get(kind, f"opcode {kind}")
        if size > len(content) - start:
            raise ValueError(f"{name} of {size} bytes runs over the end")
        opcodes.append(Opcode(name, version, flags, _correction(name, content[start : start + size])))
        start += size
    if len(content) - start > 3:  # writers pad to whole words
        raise ValueError(f"{len(content) - start} bytes follow the last opcode")
    return tuple(opcodes)


def _correction(name: str, content: bytes) -> Correction | None:
    match name:
        case "GainMap":
            return _gain_map(content)
        case "FixVignetteRadial":
            return _vignette(content)
        case "FixBadPixelsConstant":
            _check_size(name, content, 8)
            return BadPixelsConstant(*struct.unpack_from(">I", content))
        case "FixBadPixelsList":
            return _bad_pixels(content)
        case "WarpRectilinear":
            return parse_rectilinear(content)
        case "WarpFisheye":
            return parse_fisheye(content)
        case "WarpRectilinear2":
            return parse_rectilinear2(content)
    return None


def _gain_map(content: bytes) -> GainMap:
    if len(content) < _GAIN_MAP.size:
        raise ValueError(f"GainMap of {len(content)} bytes")
    top, left, bottom, right, plane, planes, *rest = _GAIN_MAP.unpack_from(content)
    row_pitch, column_pitch, rows, columns, *geometry, map_planes = rest
    if not (rows and columns and map_planes):
        raise ValueError(f"GainMap of {rows} x {columns} knots in {map_planes} planes")
    _check_size("GainMap", content, _GAIN_MAP.size + 4 * rows * columns * map_planes)
    whole = (top, left, bottom, right) == (0, 0, 0, 0)
    if not (planes and row_pitch and column_pitch) or not (whole or (top < bottom and left < right)):
        raise ValueError(f"GainMap of an empty area {top, left, bottom, right} or pitch")
    spacing, origin = tuple(geometry[:2]), tuple(geometry[2:])
    too_close = any(count > 1 and not step > 1e-6 for count, step in zip((rows, columns), spacing, strict=True))
    if too_close or not all(math.isfinite(value) and abs(value) < 1e6 for value in geometry):
        raise ValueError(f"GainMap with knots {spacing} apart from {origin}")
    gains = np.frombuffer(content, ">f4", offset=_GAIN_MAP.size).astype(np.float32).reshape(rows, columns, map_planes)
    _check_gains("GainMap", gains)
    return GainMap((top, left, bottom, right), plane, planes, (row_pitch, column_pitch), spacing, origin, gains)


def _vignette(content: bytes) -> VignetteRadial:
    _check_size("FixVignetteRadial", content, _VIGNETTE.size)
    *coefficients, x, y = _VIGNETTE.unpack(content)
    if not (0 <= x <= 1 and 0 <= y <= 1) or not all(math.isfinite(each) and abs(each) < 1e6 for each in coefficients):
        raise ValueError(f"FixVignetteRadial about {x, y} with coefficients {tuple(coefficients)}")
    vignette = VignetteRadial(tuple(coefficients), (x, y))
    _check_gains("FixVignetteRadial", vignette.gain(np.linspace(0, 1, 101)))
    return vignette


def _bad_pixels(content: bytes) -> BadPixels:
    if len(content) < 12:
        raise ValueError(f"FixBadPixelsList of {len(content)} bytes")
    _, points, areas = struct.unpack_from(">3I", content)  # the first is the Bayer phase, which the CFA tags give too
    _check_size("FixBadPixelsList", content, 12 + 8 * points + 16 * areas)
    numbers = np.frombuffer(content, ">i4", offset=12).astype(np.int64)
    return BadPixels(numbers[: 2 * points].reshape(-1, 2), numbers[2 * points :].reshape(-1, 4))


def _check_size(name: str, content: bytes, expected: int) -> None:
    if len(content) != expected:
        raise ValueError(f"{name} of {len(content)} bytes in place of {expected}")


def _check_gains(name: str, gains: np.ndarray) -> None:
    if not (gains.min() >= LOWEST_GAIN and gains.max() <= HIGHEST_GAIN):  # NaN fails too
        low, high = float(gains.min()), float(gains.max())
        raise ValueError(f"{name} with gains {low:g} to {high:g}, not in [{LOWEST_GAIN}, {HIGHEST_GAIN}]")


def encode_gain_maps(maps: Sequence[GainMap]) -> bytes:
    """Return the opcode list of gain maps, each optional, as the cameras write them."""
    parts = [struct.pack(">I", len(maps))]
    for each in maps:
        rows, columns, map_planes = each.gains.shape
        head = (*each.area_px, each.plane, each.planes, *each.pitch_px, rows, columns, *each.spacing, *each.origin)
        content = _GAIN_MAP.pack(*head, map_planes) + each.gains.astype(">f4").tobytes()
        parts += [_HEADER.pack(9, DNG_1_3, OPTIONAL, len(content)), content]
    return b"".join(parts)


def encode_warp(warp: Warp) -> bytes:
    """Return the opcode list of a warp, optional, in the older of the two opcodes that can say it."""
    old = is_rectilinear(warp)
    content = encode_rectilinear(warp) if old else encode_rectilinear2(warp)
    head = (1, DNG_1_3) if old else (14, DNG_1_6)
    return struct.pack(">I", 1) + _HEADER.pack(*head, OPTIONAL, len(content)) + content
