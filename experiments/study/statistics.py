"""Statistics of paired comparisons: win rates with intervals, by vote and clustered by rater and image. Pure."""

import math
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, norm


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


def clustered(
    scores: np.ndarray,
    raters: np.ndarray,
    images: np.ndarray,
    rng: np.random.Generator,
    *,
    draws: int = 10_000,
    confidence: float = 0.95,
) -> Interval:
    """Return an interval of the mean score that holds for other raters and other images.

    Raters and images are both drawn anew with replacement, and a vote counts as often as its rater times its
    image was drawn: the pigeonhole bootstrap, slightly conservative. With one rater (or image) only the other is
    drawn, and the interval holds for that one rater (or image). Where all votes agree there is nothing to draw
    from: Wilson's interval then, its count that of the rarer cluster, of the other one if there is but one.
    Source: Owen 2007, The pigeonhole bootstrap, Annals of Applied Statistics 1(2).
    """
    _, rater = np.unique(raters, return_inverse=True)
    _, image = np.unique(images, return_inverse=True)
    shape = int(rater.max()) + 1, int(image.max()) + 1
    if np.ptp(scores) == 0:
        return wilson(float(scores[0]), min(shape) if min(shape) > 1 else max(shape), confidence)
    sums, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, (rater, image), scores)
    np.add.at(counts, (rater, image), 1.0)
    of_raters, of_images = (rng.multinomial(size, np.full(size, 1 / size), size=draws) for size in shape)
    weights = np.einsum("dr,ri,di->d", of_raters, counts, of_images, optimize=True)
    totals = np.einsum("dr,ri,di->d", of_raters, sums, of_images, optimize=True)
    means = totals[weights > 0] / weights[weights > 0]
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(low), float(high))


def side_bias(left: int, right: int) -> float:
    """Return the p value of "raters choose left as often as right" (exact, two-sided); 1 without votes."""
    return float(binomtest(left, left + right, 0.5).pvalue) if left + right else 1.0
