"""Mosaics whose columns lie staggered by half a row (Fujifilm's SuperCCD, CFALayout 2) as linear camera RGB on square pixels.

Source: DNG Specification 1.7.1.0, chapter 4, CFALayout; that "even" columns are the second, fourth, ... says Adobe's DNG SDK 1.7
(dng_mosaic_info.cpp).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.ndimage import convolve1d

from isp_env.raw_io.decoding.cfa_kinds import Pattern
from isp_env.raw_io.decoding.tiff_tags import (
    ACTIVE_AREA,
    CROP_ORIGIN,
    CROP_SIZE,
    DEFAULT_SCALE,
    DOUBLE,
    HEIGHT,
    LONG,
    OPCODE_LISTS,
    WIDTH,
    Tag,
    numbers,
)

ROWS = 2  # of the picture, for each row stored: twice as many pixels as samples, "best quality" in the specification's words
PERIOD_PX = 4  # of the lattice: so much of each border stands once more beyond it, and colours keep their places
CHROMA_REACH_PX = 3  # to the next red and blue of any pixel
SMALLEST = 1e-3  # DN, where no direction has a gradient
DIAGONALS, AXES = ((1, 1), (1, -1)), ((1, 0), (0, 1))
DROPPED = {code: f"OpcodeList{number} of a staggered mosaic" for number, code in enumerate(OPCODE_LISTS, 1)}


def demosaiced(mosaic: np.ndarray, pattern: Pattern) -> np.ndarray:
    """Return linear camera RGB, (2 H, W, 3) float32, of a mosaic (H, W) whose first corner is the pattern's.

    Its samples are a Bayer mosaic that is turned by 45 degrees: green along its diagonals, corrected by the curvature of red and
    blue (Hamilton and Adams 1997, US 5629734), then between samples along rows or columns; last red and blue by their difference
    from green. Meanwhile the colours are of equal means, which keeps edges free of seams.
    """
    height, width = mosaic.shape
    rows, columns = np.mgrid[:height, :width]
    places = ROWS * rows + columns % 2, columns
    sparse, colours = np.zeros((ROWS * height, width), np.float32), np.full((ROWS * height, width), "")
    sparse[places] = mosaic
    colours[places] = pattern[rows % pattern.shape[0], columns % pattern.shape[1]]
    means = {letter: max(float(mosaic[colours[places] == letter].mean()), SMALLEST) for letter in "RGB"}
    for letter in "RB":
        sparse[colours == letter] *= means["G"] / means[letter]
    sparse, colours = _bordered(sparse), _bordered(colours)
    at_colour = (colours == "R") | (colours == "B")
    green = np.where(at_colour, _along(sparse, DIAGONALS, sparse), sparse)
    green = np.where(colours == "", _along(green, AXES), green)
    red, blue = ((green + _spread(sparse - green, colours == letter)) * (means[letter] / means["G"]) for letter in "RB")
    return np.stack([red, green, blue], -1)[PERIOD_PX:-PERIOD_PX, PERIOD_PX:-PERIOD_PX]


def _bordered(picture: np.ndarray) -> np.ndarray:
    rows, columns = (
        np.concatenate([np.arange(PERIOD_PX), np.arange(side), np.arange(side - PERIOD_PX, side)])
        for side in picture.shape
    )
    return picture[rows][:, columns]


def _along(values: np.ndarray, directions: Sequence[tuple[int, int]], own: np.ndarray | None = None) -> np.ndarray:
    """Each pixel from its neighbours in two directions, more by the one that changes less; `own`: what curves as they do."""
    total, weights = np.zeros_like(values), np.full_like(values, 0)
    for step in directions:
        before, after = (np.roll(values, (sign * step[0], sign * step[1]), (0, 1)) for sign in (1, -1))
        curved = np.zeros_like(values)
        if own is not None:
            far = [np.roll(own, (sign * 2 * step[0], sign * 2 * step[1]), (0, 1)) for sign in (1, -1)]
            curved = 2 * own - far[0] - far[1]
        weight = 1 / (np.abs(before - after) + np.abs(curved) + SMALLEST) ** 2
        total += weight * ((before + after) / 2 + curved / 4)
        weights += weight
    return total / weights


def _spread(values: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Values at some places spread to all by a tent."""
    tent = (CHROMA_REACH_PX + 1 - np.abs(np.arange(-CHROMA_REACH_PX, CHROMA_REACH_PX + 1))).astype(np.float32)
    sums, weights = (
        convolve1d(convolve1d(each.astype(np.float32), tent, 0), tent, 1)
        for each in (np.where(there, values, 0), there)
    )
    return sums / weights


def on_square_pixels(raw: Mapping[int, Tag], height: int, width: int) -> tuple[dict[int, Tag], dict[int, str]]:
    """Return the tags of a picture on square pixels, all of it its active area, and what they ask for and is left out."""
    changed: dict[int, Tag] = {
        HEIGHT: (LONG, height),
        WIDTH: (LONG, width),
        ACTIVE_AREA: (LONG, (0, 0, height, width)),
    }
    for code in (CROP_ORIGIN, CROP_SIZE):
        if code in raw:
            across, down = numbers(raw, code)
            changed[code] = (DOUBLE, (across, ROWS * down))
    dropped = {code: name for code, name in DROPPED.items() if code in raw}
    kept = {code: tag for code, tag in raw.items() if code not in dropped and code != DEFAULT_SCALE}
    return kept | changed, dropped
