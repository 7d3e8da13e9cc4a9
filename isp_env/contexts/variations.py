"""What may be different about a raw in another context: which part, which way round, how exposed, how white, how noisy.

Readable without torch, so that a command line can hold the ranges.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from attiqa_core.errors import UsageError

WHITE_BALANCE_LIMIT = 2.0  # a drawn error is at most so many sigmas: a worse one is no automatic white balance's


def missed_white_balance(metadata: Mapping[str, Any]) -> tuple[float, float]:
    """Return by how many mired and Duv a frame's white balance was missed on purpose, NaN where nobody knows.

    A temperature and a tint of just as much undo it.
    """
    variation = metadata.get("variation")
    if variation is None:
        return math.nan, math.nan
    return variation.get("white_balance_mired", 0.0), variation.get("white_balance_duv", 0.0)


class Part(NamedTuple):
    """A rectangle of a picture in pixels; top and left are even, `bottom` and `right` lie just outside."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class Variation:
    """One change of a raw; the default is none.

    `crop_scale`: sides of the window, as a share of the frame's; `place`: where it lies, from (0, 0) top left to (1, 1) bottom
    right of the room there is; `mirror`: left and right exchanged;
    `exposure_ev`: how much longer (+) or shorter (-) the camera exposed, at the same ISO;
    `white_balance_mired`, `white_balance_duv`: by how much more than it is the camera took the light's mired and Duv for;
    `noise_stops`: how many stops higher the ISO was; of a photo, above 100.
    """

    crop_scale: float = 1.0
    place: tuple[float, float] = (0.5, 0.5)
    mirror: bool = False
    exposure_ev: float = 0.0
    white_balance_mired: float = 0.0
    white_balance_duv: float = 0.0
    noise_stops: float = 0.0

    def part_of(self, height: int, width: int) -> Part:
        """Return the window of a picture of this size; all of it at a `crop_scale` of 1."""
        if self.crop_scale == 1:
            return Part(0, 0, height, width)
        sides = [max(2, round(side * self.crop_scale / 2) * 2) for side in (height, width)]
        room = [max(0, whole - side) for whole, side in zip((height, width), sides, strict=True)]
        top, left = (int(free * at / 2) * 2 for free, at in zip(room, self.place, strict=True))
        return Part(top, left, min(height, top + sides[0]), min(width, left + sides[1]))


@dataclass(frozen=True)
class ContextRanges:
    """From what variations are drawn: the exposure, the light and the noise are what a policy can see and undo."""

    crop_scale: tuple[float, float] = (0.5, 1.0)
    """Sides of the window, as a share of the raw's: lowest and highest. No proxy is enlarged, whatever the lowest is."""
    mirror: bool = True
    """Exchange left and right in every second one."""
    exposure_ev: tuple[float, float] = (-2.2, 1.0)
    """How wrongly the camera exposed, in EV: lowest and highest; what is brightened clips at the sensor's white."""
    white_balance_mired: float = 40.0
    """Sigma of the camera's white-balance error along the Planckian locus, in mired; none is beyond two sigmas."""
    white_balance_duv: float = 0.01
    """Sigma of its error across the locus, in Duv."""
    noise_stops: tuple[float, float] = (0.0, 3.0)
    """How many stops higher the ISO was (of a photo: above 100), in noise alone: lowest and highest."""

    def check(self) -> None:
        """Raises: UsageError for a range that is none."""
        for name, lowest, highest in (
            ("crop-scale", 0.05, 1.0),
            ("exposure-ev", -6.0, 6.0),
            ("noise-stops", 0.0, 8.0),
        ):
            low, high = getattr(self, name.replace("-", "_"))
            if not lowest <= low <= high <= highest:
                raise UsageError(
                    f"--{name} {low:g} {high:g}: give a range, lowest first, within {lowest:g} to {highest:g}"
                )
        for name, highest in (("white-balance-mired", 100.0), ("white-balance-duv", 0.03)):
            sigma = getattr(self, name.replace("-", "_"))
            if not 0 <= sigma <= highest:
                raise UsageError(f"--{name} {sigma:g}: give a sigma from 0 to {highest:g}")


EVERYTHING = ContextRanges()
ERRORS = ContextRanges(crop_scale=(1.0, 1.0), mirror=False, noise_stops=(0.0, 0.0))
"""Wrong exposure and white balance of the whole picture, as held-out raws are judged with."""


def draw_variation(
    generator: np.random.Generator, ranges: ContextRanges = EVERYTHING, smallest_scale: float = 0.0
) -> Variation:
    """Return a variation; all numbers are drawn whatever the ranges, so that one range does not move the others' draws.

    `smallest_scale` is the least `crop_scale`, where the ranges go below it: the window that a proxy needs.
    """
    low, high = (min(1.0, max(scale, smallest_scale)) for scale in ranges.crop_scale)
    scale, down, across, side, exposure, noise = generator.random(6)
    mired, duv = generator.normal(size=2).clip(-WHITE_BALANCE_LIMIT, WHITE_BALANCE_LIMIT)
    return Variation(
        crop_scale=float(low + scale * (high - low)),
        place=(float(down), float(across)),
        mirror=bool(ranges.mirror and side < 0.5),
        exposure_ev=_between(ranges.exposure_ev, exposure),
        white_balance_mired=float(mired * ranges.white_balance_mired),
        white_balance_duv=float(duv * ranges.white_balance_duv),
        noise_stops=_between(ranges.noise_stops, noise),
    )


def is_chosen(variant: int, share: float, first: float) -> bool:
    """Return whether a variant is of those chosen: of any so many that follow each other, `share` of them to within one.

    `first`, from 0 to below 1, is where the even spacing begins: drawn at random, each variant is chosen with probability `share`.
    """
    return math.floor((variant + 1) * share + first) > math.floor(variant * share + first)


def _between(ends: tuple[float, float], share: float) -> float:
    return float(ends[0] + share * (ends[1] - ends[0]))
