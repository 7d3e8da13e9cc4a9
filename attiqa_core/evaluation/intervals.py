"""How sure a result is: intervals of a median over splits or a mean over images, by resampling them, and paired comparisons."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import stats

CONFIDENCE = 0.95
DRAWS = 1000
SPLIT_DRAWS = 9999
_CHUNK = 20_000_000  # counts in memory at a time while images are drawn

Resampled = Float[np.ndarray, "draws splits"]
"""A coefficient of every split, computed anew for every draw of the images; NaN where a draw left it undefined."""


class Judged(NamedTuple):
    """The tested part of one split. `images` names each image (or group): the same name is drawn alike everywhere."""

    images: Sequence[str]
    mos: np.ndarray
    predicted: np.ndarray


def of_splits(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the percentile bootstrap interval of the median over splits; None for fewer than two.

    It says what other random splits of the same images would give: splits share images, so it says nothing about others.
    """
    if len(values) < 2:
        return None
    drawn = np.random.default_rng(0).choice(np.asarray(values, np.float64), size=(SPLIT_DRAWS, len(values)))
    return _percentiles(np.median(drawn, axis=1))


def of_mean(values: Sequence[float]) -> tuple[float, float] | None:
    """Return the percentile bootstrap interval of the mean over images, for others of the same kind; None for fewer than two."""
    if len(values) < 2:
        return None
    return _percentiles(_draws_of_means(len(values)) @ np.asarray(values, np.float64) / len(values))


@lru_cache(maxsize=1)
def _draws_of_means(units: int) -> Int[np.ndarray, "draws units"]:
    """How often each image is drawn: equal for all means over as many, and drawn once for them."""
    return np.concatenate([*_draws(units, DRAWS, np.random.default_rng(0))])


def of_images(resampled: Resampled) -> tuple[float, float] | None:
    """Return the percentile interval of the median over splits for other images of the same kind; None if undefined."""
    if not len(resampled):
        return None
    medians = np.median(resampled, axis=1)
    medians = medians[np.isfinite(medians)]
    if not len(medians):
        return None
    return _percentiles(medians)


def resample_images(
    tests: Sequence[Judged], coefficient: Literal["srocc", "plcc"], draws: int = DRAWS, seed: int = 0
) -> Resampled:
    """Return the coefficient of every split for `draws` draws of the images with replacement.

    An image drawn twice counts twice in every split that tests it. Equal `images` and `seed` give equal draws, so the
    difference of two results compares two predictors on the same draws.
    """
    names, unit = np.unique(np.concatenate([np.asarray(test.images) for test in tests]), return_inverse=True)
    ends = np.cumsum([len(test.mos) for test in tests])
    units = np.split(unit, ends[:-1])
    rows = []
    for counts in _draws(len(names), draws, np.random.default_rng(seed)):
        columns = []
        for test, own in zip(tests, units, strict=True):
            weights = counts[:, own].astype(np.float64)
            x, y = (np.asarray(each, np.float64) for each in (test.predicted, test.mos))
            if coefficient == "srocc":
                x, y = weighted_ranks(x, weights), weighted_ranks(y, weights)
            columns.append(_weighted_correlation(x, y, weights))
        rows.append(np.stack(columns, 1))
    return np.concatenate(rows)


def weighted_ranks(
    values: Float[np.ndarray, " images"], counts: Float[np.ndarray, "draws images"]
) -> Float[np.ndarray, "draws images"]:
    """Return each image's rank, ties averaged, among all images repeated `counts` times."""
    order = np.argsort(values, kind="stable")
    first_of_tie = np.r_[True, np.diff(values[order]) != 0]
    repeated = np.add.reduceat(counts[:, order], np.flatnonzero(first_of_tie), axis=1)
    ranks = np.cumsum(repeated, axis=1) - (repeated - 1) / 2
    tie = np.empty(len(values), np.int64)
    tie[order] = np.cumsum(first_of_tie) - 1
    return ranks[:, tie]


def compare(ours: Sequence[float], theirs: Sequence[float]) -> dict[str, float | int | None]:
    """Return the median difference over paired splits, its bootstrap interval and Wilcoxon's signed-rank p value.

    Null where there is nothing to test: fewer than two splits, or no difference in any. Splits of one data set share
    images, so p is smaller than independent data would give.
    """
    differences = np.asarray(ours, np.float64) - np.asarray(theirs, np.float64)
    low, high = of_splits(list(differences)) or (None, None)
    testable = len(differences) > 1 and bool(np.any(differences))
    return {
        "splits": len(differences),
        "median_difference": float(np.median(differences)),
        "low": low,
        "high": high,
        "wilcoxon_p": float(np.asarray(stats.wilcoxon(differences))[1]) if testable else None,
    }


def _percentiles(drawn: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _draws(units: int, draws: int, rng: np.random.Generator) -> Iterator[Int[np.ndarray, "some units"]]:
    at_once = max(1, _CHUNK // units)
    for start in range(0, draws, at_once):
        yield rng.multinomial(units, np.full(units, 1 / units), size=min(at_once, draws - start))


def _weighted_correlation(x: np.ndarray, y: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return Pearson's correlation per row of weights; NaN where a side is constant."""
    with np.errstate(invalid="ignore", divide="ignore"):
        total = weights.sum(1, keepdims=True)
        x = x - (weights * x).sum(1, keepdims=True) / total
        y = y - (weights * y).sum(1, keepdims=True) / total
        together = (weights * x * y).sum(1)
        spread = (weights * x * x).sum(1) * (weights * y * y).sum(1)
        return np.where(spread > 1e-18, together / np.sqrt(spread), np.nan)
