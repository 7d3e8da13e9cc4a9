"""Whether black and white levels can be those of a mosaic's samples."""

from pathlib import Path

import numpy as np

from attiqa_core.errors import InputError
from isp_env.raw_io.decoding.tiff_tags import CURE
from isp_env.sensor.cfa import cfa_sites
from isp_env.sensor.channel_numbers import Levels

EVERY = 7  # odd, so that all colours are looked at
AREA_PX, EVERY_AREA = 16, 3  # areas looked at: the mean of 256 samples has hardly noise, at any ISO speed
MOST_BELOW_BLACK, FAR_BELOW = (
    0.3,
    0.02,
)  # of the areas, and of the range: in the dark samples are below black by noise only
MOST_ABOVE_WHITE, FAR_ABOVE = 0.1, 1.5  # of the samples, and of the range: sensors clip within a third of a stop
CLIPS_BELOW, LEAST_CLIPPED = 0.75, 0.001  # of the white level assumed, and of the samples
BLOCKS = 8  # a side
MOST_GREENS_APART, MORE_THAN_OTHERS = 0.08, 6.0  # of their mean; sensors' greens differ by 3 % at most


def check_phase(path: Path, mosaic: np.ndarray, cfa: str, black: Levels) -> None:
    """Raises: InputError if red and blue are as like as greens are, and the greens as unlike as red and blue are.

    That is how a mosaic looks that is read one row or column off.
    """
    height, width = (side // (2 * BLOCKS) * BLOCKS for side in mosaic.shape)
    if not (height and width):
        return
    means = {}
    for (row, column), colour in cfa_sites(cfa).items():
        site = mosaic[row::2, column::2][:height, :width]
        blocks = site.reshape(BLOCKS, height // BLOCKS, BLOCKS, width // BLOCKS)
        means[colour] = blocks.mean((1, 3)) - black[colour]
    of_greens, of_others = _apart(means[1], means[2]), _apart(means[0], means[3])
    if of_greens > MOST_GREENS_APART and of_greens > MORE_THAN_OTHERS * of_others:
        raise InputError(
            f"{path}: its greens differ by {of_greens:.0%}, its red and blue by {of_others:.0%}; CFAPattern or ActiveArea is one "
            f"row or column off, {CURE}"
        )


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).mean() / max(1.0, float(np.abs(one + other).mean()) / 2))


def check_levels(path: Path, mosaic: np.ndarray, black: Levels, white: Levels) -> None:
    """Raises: InputError naming the level, if it cannot be that of these samples: the picture would be black, or white."""
    if not all(np.isfinite(low) and np.isfinite(high) and low < high for low, high in zip(black, white, strict=True)):
        raise InputError(f"{path}: black level {black} is not below white level {white}; {CURE}")
    low, high = min(black), max(white)
    below = float((_means_of_areas(mosaic) < low - FAR_BELOW * (high - low)).mean())
    if below > MOST_BELOW_BLACK:
        raise InputError(f"{path}: {below:.0%} of the picture lies far below BlackLevel {low:g}; {CURE}")
    limit = low + FAR_ABOVE * (min(white) - low)
    beyond = float((mosaic[::EVERY, ::EVERY] > limit).mean())
    if beyond > MOST_ABOVE_WHITE:
        raise InputError(f"{path}: {beyond:.0%} of the samples lie far above WhiteLevel {min(white):g}; {CURE}")


def _means_of_areas(mosaic: np.ndarray) -> np.ndarray:
    """Means over small areas, all colours together, of every third row and column of such areas; a small picture is one."""
    down, across = (max(1, side // AREA_PX) for side in mosaic.shape)
    height, width = (side // count for side, count in zip(mosaic.shape, (down, across), strict=True))
    areas = mosaic[: down * height, : across * width].reshape(down, height, across, width)
    return areas[::EVERY_AREA, :, ::EVERY_AREA].mean((1, 3))


def check_assumed_white(path: Path, mosaic: np.ndarray, white: Levels) -> None:
    """Raises: InputError if a DNG states no WhiteLevel, and its samples clip far below what their bits could hold.

    Blown highlights would be taken for colours, and come out magenta.
    """
    brightest = int(mosaic.max())
    clipped = float((mosaic[::EVERY, ::EVERY] == brightest).mean())
    if brightest < CLIPS_BELOW * max(white) and LEAST_CLIPPED < clipped < 1:
        raise InputError(
            f"{path}: WhiteLevel is missing, and {clipped:.1%} of the samples clip at {brightest}, not at {max(white):g}; {CURE}"
        )
