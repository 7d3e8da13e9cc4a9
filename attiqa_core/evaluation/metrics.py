"""How well predictions follow human scores: coefficients from scipy in float64; undefined is None, never 0."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats


def srocc(predicted: ArrayLike, target: ArrayLike) -> float | None:
    """Return Spearman's rank-order correlation, ties averaged; None where either side is constant."""
    return _defined(stats.spearmanr, predicted, target)


def plcc(predicted: ArrayLike, target: ArrayLike) -> float | None:
    """Return Pearson's linear correlation; None where either side is constant."""
    return _defined(stats.pearsonr, predicted, target)


def krocc(predicted: ArrayLike, target: ArrayLike) -> float | None:
    """Return Kendall's tau-b; None where either side is constant."""
    return _defined(stats.kendalltau, predicted, target)


def agreement(predicted: ArrayLike, mos: ArrayLike) -> dict[str, float | bool | None]:
    """Return SROCC, PLCC raw and after the logistic, KROCC and RMSE of predictions against MOS on one scale.

    Where there is no fit (`fit_logistic`) the logistic's PLCC is the raw one, and `logistic_fitted` is false.
    """
    fitted = fit_logistic(predicted, mos)
    return {
        "srocc": srocc(predicted, mos),
        "plcc": plcc(predicted, mos),
        "plcc_logistic": plcc(predicted if fitted is None else logistic(predicted, *fitted), mos),
        "krocc": krocc(predicted, mos),
        "rmse": rmse(predicted, mos),
        "logistic_fitted": fitted is not None,
    }


def fit_logistic(predicted: ArrayLike, target: ArrayLike) -> tuple[float, float, float, float] | None:
    """Return (top, bottom, middle, width) of the rising logistic that best maps predictions to targets, least squares.

    None where it does not converge, a side is constant, or there are fewer than five points, which four parameters
    fit whatever they are. None also where the best curve falls, as for a predictor that takes good for bad: a falling
    curve would turn it round, and no rising one fits better than a constant. Source: VQEG, Final Report on the
    validation of objective models (2000), which asks for a monotonic curve.
    """
    x, y = np.asarray(predicted, np.float64), np.asarray(target, np.float64)
    if len(x) < 5 or not np.isfinite([x, y]).all() or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    start = [y.max(), y.min(), x.mean(), x.std() / 4]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optimize.OptimizeWarning)
            fitted, _ = optimize.curve_fit(logistic, x, y, p0=start, maxfev=2_000)
    except RuntimeError:
        return None
    top, bottom, middle, width = (float(value) for value in fitted)
    return (top, bottom, middle, width) if top > bottom else None


def logistic(x: ArrayLike, top: float, bottom: float, middle: float, width: float) -> np.ndarray:
    """Return the 4-parameter logistic `bottom + (top - bottom) / (1 + exp(-(x - middle) / |width|))`."""
    steepness = np.clip((np.asarray(x, np.float64) - middle) / (np.abs(width) + 1e-12), -60, 60)
    return bottom + (top - bottom) / (1 + np.exp(-steepness))


def rmse(predicted: ArrayLike, target: ArrayLike) -> float | None:
    """Return the root of the mean squared difference, in the units given; None where a number is not finite."""
    value = float(np.sqrt(np.mean((np.asarray(predicted, np.float64) - np.asarray(target, np.float64)) ** 2)))
    return value if np.isfinite(value) else None


def ranking_accuracy(predicted: ArrayLike, target: ArrayLike) -> float | None:
    """Return the share of pairs with different targets that the prediction orders the same; its ties count half.

    A pair with a number that is not finite does not count: nothing is said about the colours of a grey photo. None where no
    pair counts.
    """
    x, y = np.asarray(predicted, np.float64), np.asarray(target, np.float64)
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    above = np.triu_indices(len(x), 1)
    wanted = np.sign(y[:, None] - y[None, :])[above]
    given = np.sign(x[:, None] - x[None, :])[above]
    counts = wanted != 0
    if not counts.any():
        return None
    return float(np.mean(0.5 * (1 + wanted[counts] * given[counts])))


def _defined(statistic: Callable[..., Any], predicted: ArrayLike, target: ArrayLike) -> float | None:
    x, y = np.asarray(predicted, np.float64), np.asarray(target, np.float64)
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return None
    value = float(statistic(x, y).statistic)
    return value if np.isfinite(value) else None
