"""Colour filter arrays: their 2x2 patterns and what turning a picture does to them."""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Block = TypeVar("Block")

CFA_PATTERNS = ("RGGB", "BGGR", "GRBG", "GBRG")
"""A colour filter array is called by its top-left 2x2 block, read row by row."""


def cfa_index(cfa: str | None) -> int:
    """Return the place of a CFA in CFA_PATTERNS, -1 for none."""
    return -1 if cfa is None else CFA_PATTERNS.index(cfa)


def cfa_sites(cfa: str) -> dict[tuple[int, int], int]:
    """Return the colour at each (row, column) of the 2x2 block: R 0, G 1 (red rows), G 2 (blue rows), B 3."""
    red_row = cfa.index("R") // 2
    colours = {"R": 0, "B": 3}
    return {
        (site // 2, site % 2): colours.get(letter, 1 if site // 2 == red_row else 2) for site, letter in enumerate(cfa)
    }


COLOUR_OF_SITE = tuple(tuple(colour for _, colour in sorted(cfa_sites(cfa).items())) for cfa in CFA_PATTERNS)
"""For each of CFA_PATTERNS the colours of its four sites, row by row: R 0, G 1 (red rows), G 2 (blue rows), B 3.

Each row is its own inverse: it also gives the site of each colour.
"""


def moved_block(block: Sequence[Block], top: int, left: int) -> tuple[Block, ...]:
    """Return a 2x2 block (row by row) as it is at another corner of the picture; an empty one stays empty."""
    sites = [2 * ((row + top) % 2) + (column + left) % 2 for row in (0, 1) for column in (0, 1)]
    return tuple(block[site] for site in sites) if block else ()


FLIP_OF_ORIENTATION = {1: 0, 2: 1, 3: 3, 4: 2, 5: 4, 6: 6, 7: 7, 8: 5}
"""TIFF's Orientation as LibRaw's flip bits: 1 mirrors columns, 2 mirrors rows, then 4 transposes."""


def orient(samples: np.ndarray, flip: int) -> np.ndarray:
    """Return a copy of a (H, W) or (H, W, C) picture turned upright by LibRaw's flip bits."""
    samples = samples[:, ::-1] if flip & 1 else samples
    samples = samples[::-1] if flip & 2 else samples
    return np.array(samples.swapaxes(0, 1) if flip & 4 else samples, order="C")


def orient_cfa(cfa: str, flip: int, height: int, width: int) -> str:
    """Return the pattern at the new top-left corner of a height x width mosaic after `orient`."""
    block = np.array(list(cfa)).reshape(2, 2)
    patch = np.tile(block, (2, 2))[: 2 + height % 2, : 2 + width % 2]  # mirroring odd sizes moves the phase
    return "".join(orient(patch, flip)[:2, :2].ravel())
