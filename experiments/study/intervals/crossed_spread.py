"""How far a mean of votes that are clustered by rater and by image may be from the truth, with few of either kind. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr
from scipy.stats import chi2, norm, qmc

POINTS = 512
"""Where the variances are looked at: quasi-random, so always the same, and finer than the intervals' third digit."""

LEAST = 0.2
"""A sum of variances that comes out below so much of the votes' own, or negative, counts as that."""

BELIEVED = 0.9
"""An interval is at least so much of what it were if votes were independent: chance can make clusters look too alike."""


@dataclass(frozen=True)
class CrossedSpread:
    """The squared error of a sum over votes, clustered by rater, by image, and by both at once (a vote, where each rater
    sees an image once).

    Its variance is `by_rater + by_image - by_cell` (Cameron, Gelbach and Miller 2011), and itself uncertain: the first two
    are each known as from a chi-square with one degree of freedom less than there are clusters. So the interval is not
    Student's but a generalised one: a normal error whose variance may be anything that those chi-squares leave open. Where
    raters alone matter it is Student's with as many degrees as raters less one, where images matter theirs, without
    clustering nearly the normal one. Source: Weerahandi 1993, Journal of the American Statistical Association 88(423);
    Hannig, Iyer and Patterson 2006, ibid. 101(473).
    """

    by_rater: float
    by_image: float
    by_cell: float
    raters: int
    images: int

    @cached_property
    def variances(self) -> np.ndarray:
        """Equally likely squared errors, (POINTS,)."""
        raters, images = _chi_square_shares(self.raters - 1), _chi_square_shares(self.images - 1, column=1)
        return np.maximum(self.by_rater / raters + self.by_image / images - self.by_cell, LEAST * self.by_cell)

    def half_width(self, confidence: float = 0.95) -> float:
        """How far the truth may be from the mean."""
        tail = (1 - confidence) / 2
        independent = BELIEVED * float(norm.isf(tail)) * self.by_cell**0.5
        farthest = 1e3 * float(np.median(self.variances)) ** 0.5
        return max(independent, _root(lambda half: self.tail(half) - tail, independent / 1e3, farthest))

    def tail(self, distance: float) -> float:
        """The chance that the mean errs by more than `distance` to one side."""
        return float(ndtr(-distance / np.sqrt(self.variances)).mean())

    def p_value(self, distance: float) -> float:
        """The two-sided p of a true mean at `distance` from that seen; it is below 0.05 where the interval leaves it out."""
        independent = float(norm.sf(abs(distance) / (BELIEVED * self.by_cell**0.5)))
        return 2 * max(self.tail(abs(distance)), independent)


@lru_cache
def _chi_square_shares(freedom: int, column: int = 0) -> np.ndarray:
    """A chi-square's quantiles over its degrees of freedom at quasi-random points, whose two columns know nothing of each
    other."""
    points = qmc.Sobol(2, rng=np.random.default_rng(0)).random(POINTS)
    return chi2.ppf(points[:, column], freedom) / freedom


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    found: Any = brentq(function, low, high, xtol=1e-9)
    return float(found)
