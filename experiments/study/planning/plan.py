"""How many raters, and pairs for each, a study needs: every size that reaches a half width, cheapest first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from experiments.study.intervals.sandwich import two_way
from experiments.study.planning.population import Population
from experiments.study.planning.simulate import ARMS, drawn, scores_of, shown_to, simulated
from experiments.study.planning.variance import Moments, Size, half_width, moments_of, power

RATERS = (3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100, 150, 200, 300)
PER_RATER = (10, 15, 20, 25, 30, 40, 50, 60, 80, 100, 120, 150, 200, 250, 300)
"""Sizes that are tried. Above 300 comparisons a session is too long for one sitting."""

OVERHEAD_S = 180.0
"""Consent, instructions, checks of the screen and training, for each rater: a guess, stated in the table."""

MANY = 10_000


@dataclass(frozen=True)
class Planned:
    """One size, and what to expect of it."""

    raters: int
    per_rater: int
    half_width: float
    power: float
    minutes: float
    """Of one session."""

    @property
    def votes(self) -> int:
        """Of all raters."""
        return self.raters * self.per_rater

    @property
    def hours(self) -> float:
        """Of all raters together: what a study costs."""
        return self.raters * self.minutes / 60


class Checked(NamedTuple):
    """What simulated studies of one size came to; errors are of the simulation."""

    studies: int
    half_width: float
    half_width_error: float
    power: float
    power_error: float
    coverage: float
    coverage_error: float


def sizes(population: Population, scenes: int, seconds: float) -> list[Planned]:
    """Return every size, least hours of raters first. Of more than two arms, for a pair by its own votes: its comparisons
    are a share of a rater's."""
    moments, pairs = moments_of(population), _pairs(population)
    found = []
    for raters in RATERS:
        for per_rater in (number for number in PER_RATER if number <= scenes * pairs):
            size = Size(raters, per_rater / pairs, scenes)
            if size.votes < max(raters, 10):
                continue
            minutes = (per_rater * seconds + OVERHEAD_S) / 60
            found.append(Planned(raters, per_rater, half_width(moments, size), power(moments, size), minutes))
    return sorted(found, key=lambda each: (each.hours, each.raters))


def best(found: Sequence[Planned], wanted: float, most: int = 10) -> list[Planned]:
    """Return the sizes that reach half width `wanted`, cheapest first, without those that ask more raters and more of each
    than one before."""
    chosen: list[Planned] = []
    for each in found:
        beaten = any(other.raters <= each.raters and other.per_rater <= each.per_rater for other in chosen)
        if each.half_width <= wanted and not beaten:
            chosen.append(each)
    return chosen[:most]


def least_half_width(moments: Moments, scenes: int) -> float:
    """Return the half width that no number of raters gets below with so many scenes."""
    return half_width(moments, Size(MANY, scenes, scenes))


def checked(population: Population, scenes: int, planned: Planned, studies: int, seed: int) -> Checked:
    """Return what `studies` simulated studies of that size come to, of the first arm over the second."""
    rng = np.random.default_rng(seed)
    arms = len(population.strengths)
    truth = population.win_rate(0, 1)
    shown = shown_to(planned.raters, scenes, arms, rng, per_rater=planned.per_rater)
    tries = []
    for _ in range(studies):
        votes = simulated(population, drawn(population, planned.raters, rng), shown, rng)
        low, high = two_way(*scores_of(votes, *ARMS[:2]))
        clear = low > 0.5 if truth > 0.5 else high < 0.5 if truth < 0.5 else not low <= 0.5 <= high
        tries.append(((high - low) / 2, clear, low <= truth <= high))
    halves, claims, covered = np.array(tries, float).T
    of_power, of_coverage = _share_error(claims), _share_error(covered)
    of_width = float(halves.std() / studies**0.5)
    return Checked(
        studies, float(halves.mean()), of_width, float(claims.mean()), of_power, float(covered.mean()), of_coverage
    )


def _share_error(happened: np.ndarray) -> float:
    """Standard error of a share, two more of either kind added (Agresti and Coull 1998): never 0."""
    count = len(happened) + 4
    share = (happened.sum() + 2) / count
    return float((share * (1 - share) / count) ** 0.5)


def _pairs(population: Population) -> int:
    return math.comb(len(population.strengths), 2)
