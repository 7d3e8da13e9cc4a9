"""Cluster-robust intervals of a mean: by rater and image at once, or by one of them. Pure; statsmodels does the sums."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import binomtest
from scipy.stats import t as student

from experiments.study.intervals.crossed_spread import CrossedSpread
from experiments.study.intervals.measured import needed
from experiments.study.intervals.wilson import Interval, wilson


class Estimate(NamedTuple):
    """A mean score, its standard error, and degrees of freedom; no error where all votes agree."""

    mean: float
    error: float
    freedom: float
    clusters: int
    """How many there are of the rarer kind: what unanimous votes are worth."""

    def interval(self, confidence: float = 0.95) -> Interval:
        """Both ends of the interval, within 0 and 1; where all votes agree Wilson's, its count that of the clusters."""
        if not self.error:
            return wilson(self.mean, self.clusters, confidence)
        half = float(student.ppf((1 + confidence) / 2, self.freedom)) * self.error
        return Interval(max(0.0, self.mean - half), min(1.0, self.mean + half))

    def p_value(self, expected: float = 0.5) -> float:
        """The two-sided p of a true mean of `expected`; where all votes agree the binomial test's, a vote for a cluster."""
        if not self.error:
            return float(binomtest(round(self.mean * self.clusters), self.clusters, expected).pvalue)
        return float(2 * student.sf(abs(self.mean - expected) / self.error, self.freedom))


def two_way(scores: np.ndarray, raters: np.ndarray, images: np.ndarray, confidence: float = 0.95) -> Interval:
    """Return an interval of the mean score that holds for other raters and other images: that of `both_ways`."""
    return both_ways(scores, raters, images).interval(confidence)


def one_way(scores: np.ndarray, groups: np.ndarray, confidence: float = 0.95) -> Interval:
    """Return an interval of the mean score that holds for other groups of the one kind given: that of `by_one`."""
    return by_one(scores, groups).interval(confidence)


@dataclass(frozen=True)
class CrossedEstimate:
    """A mean score whose error holds for other raters and other images."""

    mean: float
    spread: CrossedSpread

    def interval(self, confidence: float = 0.95) -> Interval:
        """Both ends, within 0 and 1: as Wilson's interval goes nearer to them, the half width is that at the end looked at."""
        rate = min(max(self.mean, 1e-9), 1 - 1e-9)
        relative = self.spread.half_width(confidence) ** 2 / (rate * (1 - rate))
        centre = (rate + relative / 2) / (1 + relative)
        half = (relative * rate * (1 - rate) + relative**2 / 4) ** 0.5 / (1 + relative)
        return Interval(max(0.0, centre - half), min(1.0, centre + half))

    def p_value(self, expected: float = 0.5) -> float:
        """The two-sided p of a true mean of `expected`; below 0.05 where the interval leaves it out."""
        scale = (self.mean * (1 - self.mean) / (expected * (1 - expected))) ** 0.5
        return self.spread.p_value((self.mean - expected) * scale)


def both_ways(scores: np.ndarray, raters: np.ndarray, images: np.ndarray) -> Estimate | CrossedEstimate:
    """Return the mean score with an error that holds for other raters and other images: `CrossedSpread` says how.

    Raises: NotMeasured without statsmodels, whose `cov_cluster_2groups` does the sums.
    """
    rater, image = _numbered(raters), _numbered(images)
    counts = int(rater.max()) + 1, int(image.max()) + 1
    if np.ptp(scores) == 0:
        return Estimate(float(scores[0]), 0.0, min(counts) - 1, min(counts))
    covariance = needed("statsmodels.stats.sandwich_covariance")
    found = covariance.cov_cluster_2groups(_mean_model(scores), rater, image)
    both, by_rater, by_image = (float(np.squeeze(each)) for each in found)
    spread = CrossedSpread(by_rater, by_image, by_rater + by_image - both, *counts)
    return CrossedEstimate(float(np.mean(scores)), spread)


def by_one(scores: np.ndarray, groups: np.ndarray) -> Estimate:
    """Return the mean score with an error that holds for other groups; never smaller than if votes were independent.

    Raises: NotMeasured without statsmodels.
    """
    group = _numbered(groups)
    freedom = int(group.max())
    if np.ptp(scores) == 0:
        return Estimate(float(scores[0]), 0.0, freedom, freedom + 1)
    fitted = _mean_model(scores)
    found = needed("statsmodels.stats.sandwich_covariance").cov_cluster(fitted, group)
    variance = max(float(np.squeeze(found)), float(np.squeeze(fitted.cov_params())))
    return Estimate(float(np.mean(scores)), variance**0.5, freedom, freedom + 1)


def _mean_model(scores: np.ndarray) -> Any:
    linear = needed("statsmodels.regression.linear_model")
    return linear.OLS(np.asarray(scores, float), np.ones((len(scores), 1))).fit()


def _numbered(groups: np.ndarray) -> np.ndarray:
    return np.unique(groups, return_inverse=True)[1].astype(int)
