"""The win rate of one arm over another, with every interval that is defined for its votes, and the one that decides. Pure."""

from typing import NamedTuple

import numpy as np

from experiments.study.intervals import crossed_logit, sandwich
from experiments.study.intervals.bootstrap import clustered
from experiments.study.intervals.measured import NotMeasured
from experiments.study.intervals.wilson import Interval, wilson

FEWEST = 3
"""Below so many raters (or images) nothing can be said about others."""

BY_VOTE, BOOTSTRAP, SANDWICH, CROSSED = "by vote", "bootstrap", "sandwich", "crossed logit"
THESE_RATERS, THESE_IMAGES = "these raters only", "these images only"

DECIDING = (SANDWICH, BOOTSTRAP, THESE_RATERS, THESE_IMAGES, BY_VOTE)
"""The first of these that a study has is the interval its verdict uses. In simulated studies of 3 to 60 raters the sandwich
covers the truth in 95 or 96 of 100, clustered or not; the bootstrap in 88 to 100; `by vote` in 57 to 96 (docs/study.md)."""


class WinRate(NamedTuple):
    """A win rate, its intervals by name, and in one sentence each why others could not be had."""

    rate: float
    intervals: dict[str, Interval]
    not_measured: dict[str, str]

    @property
    def deciding(self) -> str:
        """The name of the interval that the verdict uses."""
        return deciding(self.intervals)


def intervals(
    scores: np.ndarray, raters: np.ndarray, images: np.ndarray, seed: int, *, crossed: bool = True
) -> dict[str, Interval]:
    """Return 95 % intervals of the mean of `scores` by name; all three are aligned, a vote each, scores from 0 to 1.

    From three raters and three images on: `by vote` (Wilson, as if votes were independent), `bootstrap` and `sandwich`
    (both clustered by rater and image; the sandwich needs statsmodels) and, unless `crossed` is off (it takes about 1 s for
    3,000 votes), `crossed logit` where it can be fitted. Below three raters `these raters only` stands in the place of all
    but `by vote`: clustered by image alone, it says nothing about others; below three images likewise.
    """
    return measured(scores, raters, images, seed, crossed=crossed).intervals


def measured(scores: np.ndarray, raters: np.ndarray, images: np.ndarray, seed: int, *, crossed: bool = True) -> WinRate:
    """Return the win rate of `scores` with `intervals`, and why an interval that there could be is not there."""
    rate = float(np.mean(scores))
    found = {BY_VOTE: wilson(rate, len(scores))}
    many_raters, many_images = (len(np.unique(groups)) >= FEWEST for groups in (raters, images))
    if not (many_raters and many_images):
        alone = [(THESE_RATERS, images)] if many_images else [(THESE_IMAGES, raters)] if many_raters else []
        return WinRate(rate, found | {name: _one_way(scores, groups, seed) for name, groups in alone}, {})
    found[BOOTSTRAP] = clustered(scores, raters, images, np.random.default_rng(seed))
    without: dict[str, str] = {}
    wanted = {SANDWICH: sandwich.two_way} | ({CROSSED: crossed_logit.interval} if crossed else {})
    for name, method in wanted.items():
        try:
            found[name] = method(scores, raters, images)
        except NotMeasured as reason:
            without[name] = str(reason)
    return WinRate(rate, found, without)


def deciding(found: dict[str, Interval]) -> str:
    """Return the name of the interval that a verdict uses: the first of `DECIDING` that was found."""
    return next(name for name in DECIDING if name in found)


def _one_way(scores: np.ndarray, groups: np.ndarray, seed: int) -> Interval:
    try:
        return sandwich.one_way(scores, groups)
    except NotMeasured:  # without statsmodels the bootstrap, drawing the one kind of cluster that there is
        return clustered(scores, np.zeros(len(scores)), groups, np.random.default_rng(seed))
