"""Cluster-robust intervals of a mean: by rater and image at once, or by one of them. Pure; statsmodels does the sums."""

import numpy as np
from scipy.stats import t as student

from experiments.study.analysis.measured import needed
from experiments.study.statistics import Interval, wilson


def two_way(scores: np.ndarray, raters: np.ndarray, images: np.ndarray, confidence: float = 0.95) -> Interval:
    """Return an interval of the mean score that holds for other raters and other images.

    The variance is that clustered by rater, plus that by image, less that by vote, and never smaller than any of the three:
    with few clusters the sum can come out too small or negative. Student's t has Satterthwaite's degrees of freedom, so that
    a few raters of one mind do not widen what many images settle; at least those of the rarer kind of cluster, less one.
    Where all votes agree: Wilson's interval, its count that of the rarer kind.

    Raises: NotMeasured without statsmodels.

    Source: Cameron, Gelbach and Miller 2011, Robust inference with multiway clustering, Journal of Business & Economic
    Statistics 29(2), by statsmodels' `cov_cluster_2groups`; the degrees of freedom: Satterthwaite 1946, Biometrics
    Bulletin 2(6), as Hillis 2007, Statistics in Medicine 26(3), for readers and cases.
    """
    rater, image = _numbered(raters), _numbered(images)
    fewest = int(min(rater.max(), image.max())) + 1
    if np.ptp(scores) == 0:
        return wilson(float(scores[0]), fewest, confidence)
    fitted = _mean_model(scores)
    covariance = needed("statsmodels.stats.sandwich_covariance")
    found = covariance.cov_cluster_2groups(fitted, rater, image)
    variances = (float(np.squeeze(each)) for each in (*found, fitted.cov_params()))
    variance, freedom = combined(*variances, raters=int(rater.max()) + 1, images=int(image.max()) + 1)
    return _around(float(np.mean(scores)), variance, freedom, confidence)


def combined(
    both: float, by_rater: float, by_image: float, by_vote: float, *, raters: int, images: int
) -> tuple[float, float]:
    """Return the variance that counts, and Satterthwaite's degrees of freedom, from those clustered by both, by one, by none."""
    variance = max(both, by_rater, by_image, by_vote)
    uncertain = by_rater**2 / (raters - 1) + by_image**2 / (images - 1)
    return variance, max(variance**2 / uncertain if uncertain else np.inf, min(raters, images) - 1)


def one_way(scores: np.ndarray, groups: np.ndarray, confidence: float = 0.95) -> Interval:
    """Return an interval of the mean score that holds for other groups of the one kind given, as `two_way` for both."""
    group = _numbered(groups)
    if np.ptp(scores) == 0:
        return wilson(float(scores[0]), int(group.max()) + 1, confidence)
    fitted = _mean_model(scores)
    covariance = needed("statsmodels.stats.sandwich_covariance")
    variance = float(np.squeeze(covariance.cov_cluster(fitted, group)))
    return _around(float(np.mean(scores)), variance, int(group.max()), confidence)


def _mean_model(scores: np.ndarray):
    linear = needed("statsmodels.regression.linear_model")
    return linear.OLS(np.asarray(scores, float), np.ones((len(scores), 1))).fit()


def _numbered(groups: np.ndarray) -> np.ndarray:
    return np.unique(groups, return_inverse=True)[1].astype(int)


def _around(rate: float, variance: float, freedom: float, confidence: float) -> Interval:
    half = float(student.ppf((1 + confidence) / 2, freedom)) * variance**0.5
    return Interval(max(0.0, rate - half), min(1.0, rate + half))
