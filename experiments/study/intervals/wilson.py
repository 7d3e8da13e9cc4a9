"""Both ends of an interval, and Wilson's, of a rate in independent trials. Pure."""

import math
from typing import NamedTuple

from scipy.stats import norm


class Interval(NamedTuple):
    """Both ends of a confidence interval."""

    low: float
    high: float


def wilson(rate: float, count: float, confidence: float = 0.95) -> Interval:
    """Return Wilson's score interval of a rate seen in `count` independent trials.

    The rate need not be a whole number of wins: ties count as half. Source: Wilson 1927, without continuity
    correction; equals scipy's `binomtest(...).proportion_ci(method="wilson")` for whole numbers.
    """
    z2 = float(norm.ppf((1 + confidence) / 2)) ** 2
    centre = (rate + z2 / (2 * count)) / (1 + z2 / count)
    half = math.sqrt(z2 * (rate * (1 - rate) / count + z2 / (4 * count**2))) / (1 + z2 / count)
    return Interval(max(0.0, centre - half), min(1.0, centre + half))
