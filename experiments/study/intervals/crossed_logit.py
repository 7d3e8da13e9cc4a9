"""A logit model with a random effect of each rater and of each image: what part of the spread is whose. statsmodels fits it."""

import math
import warnings
from typing import Any, NamedTuple

import numpy as np
from scipy import sparse
from scipy.special import expit
from scipy.stats import t as student

from experiments.study.intervals.measured import NotMeasured, needed
from experiments.study.intervals.wilson import Interval

STEEPEST = 1e-2
"""A fit whose log-likelihood still rises faster than this has not converged."""

FIXED = 1e-2
"""Spread of the log standard deviations in the second step: as good as known."""


class CrossedLogit(NamedTuple):
    """The model: mean, its error, and the standard deviations of raters and images, in logits; the rate over all of both."""

    mean: float
    error: float
    rater_sd: float
    image_sd: float
    freedom: int

    def rate(self, mean: float) -> float:
        """The win rate among all raters and images, where the mean logit is `mean`."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(61)
        return float(weights @ expit(mean + math.hypot(self.rater_sd, self.image_sd) * nodes) / weights.sum())

    def interval(self, confidence: float = 0.95) -> Interval:
        """Both ends of the win rate's interval."""
        half = float(student.ppf((1 + confidence) / 2, self.freedom)) * self.error
        return Interval(self.rate(self.mean - half), self.rate(self.mean + half))


def interval(scores: np.ndarray, raters: np.ndarray, images: np.ndarray) -> Interval:
    """Return the crossed model's interval of the win rate among all raters and images. Raises: NotMeasured as `fit`."""
    return fit(scores, raters, images).interval()


def fit(scores: np.ndarray, raters: np.ndarray, images: np.ndarray) -> CrossedLogit:
    """Return the model of `scores`, wins (1) and losses (0), with Student's t for the rarer kind of cluster.

    statsmodels' variational fit finds the two spreads but makes the mean's error too small; so a second step, with the
    spreads as found, takes the error from the Laplace approximation.

    Raises: NotMeasured without statsmodels, where there are ties or all votes agree, or where a step does not converge.
    """
    if not np.isin(scores, (0, 1)).all():
        raise NotMeasured("a logit takes wins and losses, and there are ties or slight preferences")
    if np.ptp(scores) == 0:
        raise NotMeasured("all votes agree, so the logit has no finite mean")
    model = needed("statsmodels.genmod.bayes_mixed_glm").BinomialBayesMixedGLM
    columns = [_columns(groups) for groups in (raters, images)]
    kinds = np.repeat([0, 1], [each.shape[1] for each in columns])
    ones = np.ones((len(scores), 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what does not converge is found below, by its gradient
        spread = model(scores, ones, sparse.hstack(columns).tocsr(), kinds, vcp_p=1, fe_p=2)
        first = spread.fit_vb(sd=np.full(1 + 2 + len(kinds), math.exp(-0.5)))
        sds = np.exp(_converged(first).vcp_mean)
        scaled = sparse.hstack([each * sd for each, sd in zip(columns, sds, strict=True)]).tocsr()
        second = _converged(model(scores, ones, scaled, kinds, vcp_p=FIXED, fe_p=10).fit_map())
    rater_sd, image_sd = (float(sd) for sd in sds)
    freedom = min(each.shape[1] for each in columns) - 1
    return CrossedLogit(float(second.fe_mean[0]), float(second.fe_sd[0]), rater_sd, image_sd, freedom)


def _columns(groups: np.ndarray) -> Any:
    number = np.unique(groups, return_inverse=True)[1]
    return sparse.csr_matrix((np.ones(len(number)), (np.arange(len(number)), number)))


def _converged(fitted: Any) -> Any:
    found = np.concatenate([fitted.fe_mean, fitted.fe_sd, fitted.vcp_mean])
    if not np.isfinite(found).all() or np.abs(fitted.optim_retvals.jac).max() > STEEPEST:
        raise NotMeasured("the crossed logit does not converge on these votes")
    return fitted
