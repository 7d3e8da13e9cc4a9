"""Stored pixels as one looks at them: turned and mirrored as the tag Orientation of EXIF and TIFF says."""

from collections.abc import Callable, Mapping

import numpy as np

TURNS: Mapping[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda pixels: pixels,
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels),
}
"""Orientation -> what turns (H, W, channels) upright, as a view. Source: TIFF 6.0, section 8."""
SIDEWAYS = (5, 6, 7, 8)
"""The orientations that exchange width and height."""


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Return pixels (H, W, channels) upright, as a view; as they are for a number that is no orientation."""
    return TURNS.get(orientation, TURNS[1])(pixels)
