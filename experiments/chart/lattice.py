"""Flat regions of a picture that lie on a lattice of rows and columns, as the patches of a chart do."""

from collections import deque
from collections.abc import Iterator

import numpy as np
from scipy import ndimage
from skimage.measure import label, regionprops

from experiments.chart.placement import Points

STEEPNESS = (0.012, 0.025, 0.05)
"""Display units per pixel above which a pixel is no part of a flat region; each is tried."""
SMALLEST_PX, LARGEST_SHARE = 30, 0.03  # area of a patch, in pixels and of the picture
SQUARE_FILL, SQUARE_SIDES = 0.85, 0.45  # area over that of the convex hull; shorter axis over the longer
ALIKE = 1.8  # areas of neighbours differ by so much at most
NEAREST, FARTHEST = 0.9, 2.2  # distance of neighbours, in edges of a patch
STRAY = 0.22  # of that distance: how far from where it is expected a patch may lie
FEWEST = 9  # patches that are found before a lattice is believed

Cell = tuple[int, int]


def lattices(display_rgb: np.ndarray) -> Iterator[dict[Cell, np.ndarray]]:
    """Yield groups of flat regions that form a lattice: the centre (x, y) of each by its column and row, both from anywhere."""
    for steepness in STEEPNESS:
        centres, areas = flat_regions(display_rgb, steepness)
        used: set[int] = set()
        for seed in np.argsort(-areas):
            if seed in used:
                continue
            cells = _grown(int(seed), centres, areas)
            if len(cells) >= FEWEST:
                used |= set(cells.values())
                yield {cell: centres[region] for cell, region in cells.items()}


def flat_regions(display_rgb: np.ndarray, steepness: float) -> tuple[Points, np.ndarray]:
    """Return the centres (x, y) and areas of regions about as square as a patch, in which no channel changes much."""
    smooth = ndimage.gaussian_filter(display_rgb, (1, 1, 0))
    down, across = np.gradient(smooth, axis=(0, 1))
    regions = regionprops(label(np.hypot(down, across).max(-1) < steepness, connectivity=1))
    largest = LARGEST_SHARE * display_rgb.shape[0] * display_rgb.shape[1]
    kept = [
        region
        for region in regions
        if SMALLEST_PX <= region.area <= largest
        and region.area >= SQUARE_FILL * region.area_convex
        and region.axis_minor_length >= SQUARE_SIDES * region.axis_major_length
    ]
    centres = np.array([region.centroid[::-1] for region in kept]).reshape(-1, 2)
    return centres, np.array([region.area for region in kept])


def _grown(seed: int, centres: Points, areas: np.ndarray) -> dict[Cell, int]:
    """The lattice around one region, cell by cell; each cell hands on its own two steps, so that perspective may bend them."""
    alike = np.flatnonzero((areas < ALIKE * areas[seed]) & (areas > areas[seed] / ALIKE))
    steps = _first_steps(centres[seed], centres[alike], float(np.sqrt(areas[seed])))
    if steps is None:
        return {}
    cells, waiting = {(0, 0): seed}, deque([((0, 0), steps)])
    while waiting:
        cell, (across, down) = waiting.popleft()
        here = centres[cells[cell]]
        for step, move in ((across, (1, 0)), (-across, (-1, 0)), (down, (0, 1)), (-down, (0, -1))):
            neighbour = (cell[0] + move[0], cell[1] + move[1])
            distance = np.hypot(*(centres[alike] - here - step).T)
            found = int(alike[distance.argmin()])
            if neighbour in cells or found in cells.values() or distance.min() > STRAY * np.hypot(*step):
                continue
            cells[neighbour] = found
            taken = (centres[found] - here) * (move[0] + move[1])
            waiting.append((neighbour, (taken, down) if move[0] else (across, taken)))
    return cells


def _first_steps(here: np.ndarray, others: Points, edge: float) -> tuple[np.ndarray, np.ndarray] | None:
    """The steps to the nearest neighbour and to the nearest that lies across from it."""
    steps = others - here
    length = np.hypot(*steps.T)
    near = np.flatnonzero((length > NEAREST * edge) & (length < FARTHEST * edge))
    if not near.size:
        return None
    first = steps[near[length[near].argmin()]]
    turn = (first[0] * steps[near, 1] - first[1] * steps[near, 0]) / (length[near] * np.hypot(*first))
    crossing = near[np.abs(turn) > 0.8]
    if not crossing.size:
        return None
    return first, steps[crossing[length[crossing].argmin()]]
