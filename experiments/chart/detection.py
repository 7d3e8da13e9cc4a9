"""Finding the chart: a lattice of flat patches, and of all ways to lay the chart on it the one whose colours fit.

Our own, on scikit-image: colour-checker-detection brings 66 MB, OpenCV, OpenImageIO and an AGPL script with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float

from attiqa_core.srgb import linear_from_srgb
from experiments.chart.colour_errors import SRGB_TO_D50, xyz_from_lab
from experiments.chart.lattice import Cell, lattices
from experiments.chart.placement import CENTRES, CORNERS, Placement, Points, perspective, project
from experiments.chart.reference import COLUMNS, ROWS, Lab

LONG_EDGES_PX = (500, 1000)
"""Sizes at which the picture is searched: large charts first."""
LARGEST_MISFIT = (
    0.6  # of colours, see `misfit`; photographs of charts had 0.21 to 0.25, under uncorrected lamps to 0.52
)
CLEARLY = 1.5  # the next best way to lay the chart has to fit worse by this factor
FLATTEST = 0.3  # contrast, in logarithms: less is no picture of the chart
DARKEST = 0.003  # of display white, below which a patch is as good as black
FEWEST_CELLS = 9

TURNS = tuple(
    (np.array(matrix), mirrored)
    for mirrored, matrices in (
        (False, ([[1, 0], [0, 1]], [[0, -1], [1, 0]], [[-1, 0], [0, -1]], [[0, 1], [-1, 0]])),
        (True, ([[-1, 0], [0, 1]], [[1, 0], [0, -1]], [[0, 1], [1, 0]], [[0, -1], [-1, 0]])),
    )
    for matrix in matrices
)
"""The eight ways to lay a rectangle on a lattice."""


@dataclass(frozen=True)
class Found:
    """Where the chart was found, how far its colours are from the chart's (`misfit`), and whether it is seen in a mirror."""

    placement: Placement
    misfit: float
    mirrored: bool


def find_chart(display_rgb: Float[torch.Tensor, "3 height width"], reference: Lab) -> Found | None:
    """Return the chart in a display sRGB picture, in any orientation; None if there is none to be sure of."""
    width = display_rgb.shape[2]
    for long_edge in LONG_EDGES_PX:
        small = _smaller(display_rgb, long_edge)
        found = _best(small, reference)
        if found is not None:
            return Found(found.placement.scaled(width / small.shape[1]), found.misfit, found.mirrored)
        if max(display_rgb.shape[1:]) <= long_edge:
            break
    return None


def misfit(display_rgb: np.ndarray, placement: Placement, reference: Lab) -> float:
    """Return how badly the colours below the patches fit: rms natural logarithm of linear light over the reference's, once each
    channel has a gain, the light a gradient and all a contrast of their own: 0.2 for a chart, 0.8 for another orientation.

    Infinite where a patch lies outside of the picture (H, W, 3).
    """
    x, y = np.rint(placement.picture(CENTRES)).astype(int).T
    height, width = display_rgb.shape[:2]
    if x.min() < 1 or y.min() < 1 or x.max() > width - 2 or y.max() > height - 2:
        return float("inf")
    around = [display_rgb[y + down, x + across] for down in (-1, 0, 1) for across in (-1, 0, 1)]
    light = linear_from_srgb(torch.from_numpy(np.mean(around, 0))).numpy()
    return _misfit_of_colours(light, xyz_from_lab(reference) @ np.linalg.inv(SRGB_TO_D50).T)


def _misfit_of_colours(light: np.ndarray, wanted: np.ndarray) -> float:
    light, wanted = (np.log(np.maximum(each, DARKEST)) for each in (light, wanted))
    gains, place = np.tile(np.eye(3), (len(light), 1)), np.repeat(CENTRES, 3, 0)
    model = np.column_stack([wanted.ravel(), gains, place])
    found = np.linalg.lstsq(model, light.ravel(), rcond=None)[0]
    if found[0] < FLATTEST:
        return float("inf")
    return float(np.sqrt(np.mean((light.ravel() - model @ found) ** 2)) / found[0])


def _best(small: np.ndarray, reference: Lab) -> Found | None:
    """The best way to lay the chart in one small picture; None if it is bad, or hardly better than another."""
    tried = [
        Found(placement, misfit(small, placement, reference), mirrored)
        for cells in lattices(small)
        for placement, mirrored in _layings(cells)
    ]
    tried.sort(key=lambda each: each.misfit)
    if not tried or tried[0].misfit > LARGEST_MISFIT:
        return None
    best = tried[0]
    corners = best.placement.picture(CORNERS)
    rival = next((each for each in tried if not _same(each.placement.picture(CORNERS), corners)), None)
    return best if rival is None or rival.misfit > CLEARLY * best.misfit else None


def _same(one: Points, other: Points) -> bool:
    """Whether two placements differ by less than a fifth of a patch's distance."""
    return bool(np.hypot(*(one - other).T).max() < 0.2 * np.hypot(*(other[1] - other[0])) / (COLUMNS - 1))


def _layings(cells: dict[Cell, np.ndarray]) -> Iterator[tuple[Placement, bool]]:
    """Every way to lay the chart on a lattice so that it covers nearly all of it, and whether that is mirrored."""
    places, points = np.array(list(cells)), np.array(list(cells.values()))
    handed = _is_right_handed(places, points)
    for turn, mirrored in TURNS:
        turned = places @ turn.T
        low, high = turned.min(0), turned.max(0)
        for column in range(high[0] - COLUMNS + 1, low[0] + 1) if high[0] - low[0] < COLUMNS else ():
            for row in range(high[1] - ROWS + 1, low[1] + 1) if high[1] - low[1] < ROWS else ():
                on_chart = (turned - (column, row)).astype(np.float64)
                yield _without_strays(on_chart, points), mirrored is handed


def _without_strays(on_chart: Points, points: Points) -> Placement:
    """The placement through the cells, once more without those that lie far from where it puts them."""
    matrix = perspective(on_chart, points)
    away = np.hypot(*(project(matrix, on_chart) - points).T)
    kept = away <= max(3 * np.median(away), 0.5)
    return Placement(perspective(on_chart[kept], points[kept]) if kept.sum() >= FEWEST_CELLS else matrix)


def _is_right_handed(places: np.ndarray, points: Points) -> bool:
    """Whether the lattice's columns and rows turn as the picture's x and y do."""
    matrix = perspective(places.astype(np.float64), points)
    middle = places.mean(0)
    here, across, down = project(matrix, middle + np.array([[0.0, 0.0], [0.1, 0.0], [0.0, 0.1]]))
    first, second = across - here, down - here
    return bool(first[0] * second[1] - first[1] * second[0] > 0)


def _smaller(display_rgb: torch.Tensor, long_edge: int) -> np.ndarray:
    """The picture averaged to this long edge, (H, W, 3) float64; as it is where it is smaller."""
    height, width = display_rgb.shape[1:]
    factor = min(1.0, long_edge / max(height, width))
    size = max(1, round(height * factor)), max(1, round(width * factor))
    small = display_rgb if factor == 1 else F.interpolate(display_rgb[None], size, mode="area")[0]
    return small.permute(1, 2, 0).double().numpy()


def laid_better(
    display_rgb: Float[torch.Tensor, "3 height width"], placement: Placement, reference: Lab
) -> Placement | None:
    """Return the placement on the same four corners, begun at another or in a mirror, whose colours fit clearly better."""
    small = _smaller(display_rgb, LONG_EDGES_PX[-1])
    factor = small.shape[1] / display_rgb.shape[2]
    corners = placement.picture(CORNERS)
    orders = [np.roll(ring, -start, 0) for ring in (corners, corners[::-1]) for start in range(4)]
    fits = [(misfit(small, Placement(perspective(CORNERS, each)).scaled(factor), reference), each) for each in orders]
    best, order = min(fits, key=lambda each: each[0])
    return None if best * CLEARLY > fits[0][0] else Placement(perspective(CORNERS, order))
