"""Which mosaic a DNG's tags describe: Bayer, Bayer of larger blocks (quad, nona), X-Trans, four colours, or one to refuse by name."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from attiqa_core.errors import InputError
from isp_env.cfa import CFA_PATTERNS
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

LETTERS = "RGBCMYW"  # by the number of a colour in CFAPattern (TIFF/EP, ISO 12234-2)
RECTANGULAR = 1  # CFALayout; 2 to 9 are staggered
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
    if number(raw, CFA_LAYOUT, RECTANGULAR) != RECTANGULAR:
        raise InputError(
            f"{path}: its samples lie staggered (CFALayout {number(raw, CFA_LAYOUT, 1):g}), which is not rendered; give the "
            f"camera's own raw file, or {CONVERT}"
        )
    planes = [int(colour) for colour in numbers(raw, CFA_PLANE_COLOR) or sorted(set(colours))]
    if set(planes) != set(colours) or len(planes) != len(set(planes)) or (set(planes) == RGB and planes != sorted(RGB)):
        raise InputError(
            f"{path}: CFAPlaneColor {tuple(planes)} does not fit the colours of CFAPattern {tuple(colours[:16])}; {CURE}"
        )
    pattern = _smallest(np.array([LETTERS[colour] for colour in colours]).reshape(rows, columns))
    if bayer_of(pattern) is None and not is_xtrans(pattern) and not _is_of_four(pattern, raw):
        raise InputError(f"{path}: its colour filters are {_named(pattern)}, which is not rendered; {CONVERT}")
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


def _smallest(pattern: Pattern) -> Pattern:
    """The smallest block that repeats in both directions."""
    for axis in (0, 1):
        count = pattern.shape[axis]
        for period in range(1, count):
            if count % period == 0 and (np.roll(pattern, period, axis) == pattern).all():
                pattern = pattern.take(range(period), axis)
                break
    return pattern


def _is_of_four(pattern: Pattern, raw: Mapping[int, Tag]) -> bool:
    """Four colours that differ, with a matrix for each: LibRaw demosaics them."""
    matrix = [code for code in COLOR_MATRICES if len(numbers(raw, code)) == 12]
    return pattern.shape == (2, 2) and len(set(pattern.ravel())) == 4 and (bool(matrix) or "W" not in pattern)


def _named(pattern: Pattern) -> str:
    rows, columns = pattern.shape
    letters = "".join(letter for letter in LETTERS if letter in pattern)
    return "".join(pattern.ravel()) if pattern.size <= 4 else f"{letters} in blocks of {rows} x {columns}"
