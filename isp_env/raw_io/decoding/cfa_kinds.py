"""Which mosaic a DNG's tags describe: Bayer, Bayer of larger blocks (quad, nona), X-Trans, four colours, staggered, or one to refuse by name."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from attiqa_core.errors import InputError
from isp_env.raw_io.decoding.tiff_tags import (
    CFA,
    CFA_DIM,
    CFA_LAYOUT,
    CFA_PATTERN,
    CFA_PLANE_COLOR,
    COLOR_MATRICES,
    CURE,
    PHOTOMETRIC,
    Tag,
    number,
    numbers,
)
from isp_env.sensor.cfa import CFA_PATTERNS

LETTERS = "RGBCMYW"  # by the number of a colour in CFAPattern (TIFF/EP, ISO 12234-2)
RECTANGULAR, COLUMNS_DOWN = 1, 2  # CFALayout; 2 to 9 are staggered: even columns down by half a row, ...
MOST_REPEAT = 16
XTRANS = 6
RGB = {0, 1, 2}
CONVERT = "convert it with the camera maker's or Adobe's DNG converter into a demosaiced (linear) DNG"

Pattern = np.ndarray
"""Letters of LETTERS, (rows, columns), the smallest block that repeats, from the corner of the active area."""


def pattern_of(path: Path, raw: Mapping[int, Tag]) -> Pattern | None:
    """Return the pattern of a DNG's mosaic, None for a picture that is no mosaic.

    Raises: InputError if it contradicts itself, or is of a kind that is not rendered, by its name.
    """
    if raw[PHOTOMETRIC][1] != CFA:
        return None
    rows, columns = (int(side) for side in [*numbers(raw, CFA_DIM), 0, 0][:2])
    colours = [int(colour) for colour in numbers(raw, CFA_PATTERN)]
    fits = 0 < rows <= MOST_REPEAT and 0 < columns <= MOST_REPEAT and len(colours) == rows * columns
    if not fits or not all(0 <= colour < len(LETTERS) for colour in colours):
        raise InputError(
            f"{path}: CFARepeatPatternDim {rows} x {columns} and CFAPattern {tuple(colours[:16])} describe no mosaic; "
            f"{CURE}"
        )
    layout = number(raw, CFA_LAYOUT, RECTANGULAR)
    if layout not in (RECTANGULAR, COLUMNS_DOWN):
        raise InputError(
            f"{path}: its samples lie staggered (CFALayout {layout:g}), which is not rendered; give the camera's own raw file, or "
            f"{CONVERT}"
        )
    planes = [int(colour) for colour in numbers(raw, CFA_PLANE_COLOR) or sorted(set(colours))]
    if set(planes) != set(colours) or len(planes) != len(set(planes)) or (set(planes) == RGB and planes != sorted(RGB)):
        raise InputError(
            f"{path}: CFAPlaneColor {tuple(planes)} does not fit the colours of CFAPattern {tuple(colours[:16])}; {CURE}"
        )
    pattern = _smallest(np.array([LETTERS[colour] for colour in colours]).reshape(rows, columns))
    if not (_is_turned_bayer(pattern) if is_staggered(raw) else _is_rendered(pattern, raw)):
        where = " and its columns lie staggered (CFALayout 2)," if is_staggered(raw) else ","
        raise InputError(f"{path}: its colour filters are {_named(pattern)}{where} which is not rendered; {CONVERT}")
    return pattern


def bayer_of(pattern: Pattern) -> tuple[str, int] | None:
    """Return the Bayer pattern and the side of its blocks of one colour: 1 for Bayer itself, 2 for quad; None for others."""
    rows, columns = pattern.shape
    if rows != columns or rows % 2:
        return None
    side = rows // 2
    corners = pattern[::side, ::side]
    name = "".join(corners.ravel())
    return (name, side) if name in CFA_PATTERNS and (corners.repeat(side, 0).repeat(side, 1) == pattern).all() else None


def is_xtrans(pattern: Pattern) -> bool:
    """Return whether the pattern has the counts of Fujifilm's X-Trans."""
    return pattern.shape == (XTRANS, XTRANS) and [int((pattern == each).sum()) for each in "RGB"] == [8, 20, 8]


def is_staggered(raw: Mapping[int, Tag]) -> bool:
    """Return whether the columns of the mosaic lie staggered, as `staggered` makes a picture of."""
    return number(raw, CFA_LAYOUT, RECTANGULAR) == COLUMNS_DOWN


def _smallest(pattern: Pattern) -> Pattern:
    """The smallest block that repeats in both directions."""
    for axis in (0, 1):
        count = pattern.shape[axis]
        for period in range(1, count):
            if count % period == 0 and (np.roll(pattern, period, axis) == pattern).all():
                pattern = pattern.take(range(period), axis)
                break
    return pattern


def _is_turned_bayer(pattern: Pattern) -> bool:
    """Every other column green, red and blue in turn between: a Bayer pattern turned by 45 degrees, where columns are staggered."""
    if 4 % pattern.shape[0] or 4 % pattern.shape[1]:
        return False
    tiled = np.tile(pattern, (4 // pattern.shape[0], 4 // pattern.shape[1]))
    colours = [tiled[:, first::2] for first in (0, 1)]
    of_rb = [each for each in colours if not (each == "G").any()]
    return (
        any((each == "G").all() for each in colours)
        and len(of_rb) == 1
        and all((each != of_rb[0]).all() for each in (np.roll(of_rb[0], 1, 0), np.roll(of_rb[0], 1, 1)))
    )


def _is_rendered(pattern: Pattern, raw: Mapping[int, Tag]) -> bool:
    return bayer_of(pattern) is not None or is_xtrans(pattern) or _is_of_four(pattern, raw)


def _is_of_four(pattern: Pattern, raw: Mapping[int, Tag]) -> bool:
    """Four colours that differ, with a matrix for each: LibRaw demosaics them, in blocks of 2, 4 or 8 rows and 2 columns."""
    matrix = [code for code in COLOR_MATRICES if len(numbers(raw, code)) == 12]
    return (
        pattern.shape in ((2, 2), (4, 2), (8, 2))
        and len(set(pattern.ravel())) == 4
        and (bool(matrix) or "W" not in pattern)
    )


def _named(pattern: Pattern) -> str:
    rows, columns = pattern.shape
    letters = "".join(letter for letter in LETTERS if letter in pattern)
    return "".join(pattern.ravel()) if pattern.size <= 4 else f"{letters} in blocks of {rows} x {columns}"
