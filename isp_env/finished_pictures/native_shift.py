"""A placement made exact to the pixel: geometry's is good to some pixels of a large picture, and sharpening shows at single ones."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from attiqa_core.tensors import Images, ResizedImages
from isp_env.finished_pictures.geometry import ALIKE, TILES, Placement, correlation, detail, overlap, shift_between
from isp_env.proxies.proxy import Window

TILE_PX, SMALLEST_TILE_PX = 256, 64
FARTHEST_PX = 0.5  # of a tile's shift from the median, for the tile to agree with it
BETWEEN_PX = 0.3  # that the median may be from whole pixels: beyond it sharpening would be fitted to a blur
MOST_PX = 8  # that a placement may be off, at 24 MP


def to_the_pixel(placement: Placement, ours: Images, theirs: ResizedImages) -> Placement | None:
    """Return a placement of equal pixels that holds at native resolution, None where none does everywhere.

    Given are the whole pictures (1, 3, H, W) that it is of. Nothing holds where pixels differ in size, tiles over the picture do not
    agree to half a pixel (a lens's distortion that only one of them has), or lie between the other's pixels.
    """
    if placement.ours.size != placement.theirs.size:
        return None
    turned = torch.rot90(theirs, placement.turns, (-2, -1))
    shifts = np.array([*_tile_shifts(placement.ours.of(ours), placement.theirs.of(turned))])
    if len(shifts) == 0:
        return None
    median = np.median(shifts, axis=0)
    whole_px = np.round(median)
    agree = (np.abs(shifts - median).max(1) <= FARTHEST_PX).mean()
    if agree <= 0.5 or np.abs(median - whole_px).max() > BETWEEN_PX or np.abs(whole_px).max() > MOST_PX:
        return None
    sizes = (ours.shape[-2], ours.shape[-1]), (turned.shape[-2], turned.shape[-1])
    windows = overlap(placement.ours, placement.theirs, *sizes, (int(whole_px[0]), int(whole_px[1])))
    return replace(placement, ours=windows[0], theirs=windows[1])


def _tile_shifts(ours: Images, theirs: ResizedImages) -> Iterator[np.ndarray]:
    """By how much theirs has to move in each tile that shows enough detail to say so."""
    for tile in _tiles(ours.shape[-2], ours.shape[-1]):
        one, other = (detail(tile.of(each)) for each in (ours, theirs))
        moved = shift_between(one, other)
        down, right = (round(float(each)) for each in moved)
        if correlation(one, np.roll(other, (down, right), (0, 1))) >= ALIKE:
            yield moved


def _tiles(height: int, width: int) -> Iterator[Window]:
    """Squares in the middles of a grid; of a small picture the whole alone."""
    edge = min(TILE_PX, min(height, width) // TILES)
    if edge < SMALLEST_TILE_PX:
        yield Window(0, 0, height, width)
        return
    for row in range(TILES):
        for column in range(TILES):
            top, left = (
                int((2 * at + 1) * side / (2 * TILES)) - edge // 2 for at, side in ((row, height), (column, width))
            )
            yield Window(top, left, top + edge, left + edge)
