"""Where in the picture sharpness is measured: a region that was named, or the best side of a grey patch."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from attiqa_core.errors import InputError, UsageError
from experiments.chart.placement import CENTRES, PATCH_HALF, Placement
from experiments.chart.reference import GREYS
from experiments.chart.sharpness import Sfr, measure_sfr

ACROSS, ALONG = 0.11, 0.3  # of the distance between patches: the gap between two is 0.14 wide
LIGHT_GREYS = range(GREYS.start, GREYS.start + 4)  # against the black card; the darker ones have no contrast
SIDES = ((0, -1), (1, 0), (0, 1), (-1, 0))


@dataclass(frozen=True)
class Region:
    """A rectangle of the picture: its first column and row, its width and height."""

    left: int
    top: int
    width: int
    height: int

    def of(self, plane: Float[np.ndarray, "height width"]) -> Float[np.ndarray, "lines columns"]:
        """Return the part of a plane."""
        return plane[self.top : self.top + self.height, self.left : self.left + self.width]


def check_region(region: Region, width: int, height: int) -> None:
    """Raises: UsageError unless the region lies in the picture."""
    if region.left + region.width > width or region.top + region.height > height:
        raise UsageError(
            f"--edge {region.left},{region.top},{region.width},{region.height}: leaves the picture of {width} x {height} px;"
            " give x,y,width,height in its pixels"
        )


def find_edge(luminance: Float[np.ndarray, "height width"], placement: Placement) -> Region | None:
    """Return the region about a side of a light grey patch whose edge has the most contrast; None if none is straight and
    slanted."""
    found: list[tuple[float, Region]] = []
    for region in _sides(placement, *luminance.shape):
        try:
            found.append((_merit(measure_sfr(region.of(luminance))), region))
        except InputError:
            continue
    return max(found, key=lambda each: each[0])[1] if found else None


def _merit(sfr: Sfr) -> float:
    return sfr.contrast - sfr.stray_px


def _sides(placement: Placement, height: int, width: int) -> Iterator[Region]:
    """Upright rectangles about the middles of the sides of the light greys."""
    for patch in LIGHT_GREYS:
        for side in SIDES:
            out, middle = np.array(side, dtype=np.float64), CENTRES[patch] + PATCH_HALF * np.array(side)
            along = np.array([side[1], side[0]], dtype=np.float64)
            ends = placement.picture(np.stack([middle - ACROSS * out, middle + ACROSS * out]))
            length = placement.picture(np.stack([middle - ALONG * along, middle + ALONG * along]))
            is_upright = abs(length[1] - length[0]).argmax() == 1
            across, down = (ends, length) if is_upright else (length, ends)
            left, right = np.rint(np.sort(across[:, 0])).astype(int)
            top, bottom = np.rint(np.sort(down[:, 1])).astype(int)
            if left >= 0 and top >= 0 and right < width and bottom < height:
                yield Region(int(left), int(top), int(right - left + 1), int(bottom - top + 1))
