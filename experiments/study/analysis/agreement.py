"""How far raters agree with each other and with themselves: where not everyone sees every pair, too. Pure."""

import numpy as np

from experiments.study.intervals.measured import NotMeasured, needed

SPLITS = 200
FEWEST_PAIRS = 3
"""Pairs with votes in both halves below which a correlation says nothing."""


def krippendorff(scores: np.ndarray, units: np.ndarray) -> float:
    """Return Krippendorff's alpha of answers from 0 to 1: 1 where all agree on every pair, 0 as by chance, below 0 if less.

    The one of agreement's statistics that takes any number of raters for each pair, whoever they are; pairs with a single
    vote say nothing. Differences are squared (the metric "interval"), which for two answers is the nominal alpha.

    Raises: NotMeasured where no pair has two votes, or all answers are the same.

    Source: Krippendorff 2011, Computing Krippendorff's alpha-reliability, section D.
    """
    _, unit, sizes = np.unique(units, return_inverse=True, return_counts=True)
    is_paired = sizes[unit] > 1
    values, unit = scores[is_paired], unit[is_paired]
    if not len(values):
        raise NotMeasured("no pair has votes by two raters")
    if np.ptp(values) == 0:
        raise NotMeasured("all answers are the same")
    sums, squares = (np.bincount(unit, values**power, len(sizes)) for power in (1, 2))
    within = (2 * (sizes * squares - sums**2))[sizes > 1] / (sizes[sizes > 1] - 1)
    observed = within.sum() / len(values)
    return float(1 - observed / (2 * values.var(ddof=1)))


def fleiss(scores: np.ndarray, units: np.ndarray) -> float:
    """Return Fleiss' kappa of answers as kinds, by statsmodels.

    Raises: NotMeasured without statsmodels, or where pairs have different numbers of votes, for which it is not defined.
    Source: Fleiss 1971, Measuring nominal scale agreement among many raters, Psychological Bulletin 76(5).
    """
    _, unit = np.unique(units, return_inverse=True)
    kinds, kind = np.unique(scores, return_inverse=True)
    table = np.zeros((unit.max() + 1, len(kinds)))
    np.add.at(table, (unit, kind), 1)
    if np.ptp(table.sum(axis=1)) or table[0].sum() < 2 or len(kinds) < 2:
        raise NotMeasured("it needs the same number of votes for every pair, two or more, and two different answers")
    return float(needed("statsmodels.stats.inter_rater").fleiss_kappa(table))


def split_half(scores: np.ndarray, raters: np.ndarray, units: np.ndarray, seed: int) -> float:
    """Return how well all raters' mean scores of pairs would be found again by as many others: 1 exactly, 0 not at all.

    Raters are split at random into halves, the halves' means correlated over pairs, the correlation carried to the full
    number (Spearman-Brown); the mean over 200 splits. Raises: NotMeasured for too few raters or pairs.
    """
    names, rater = np.unique(raters, return_inverse=True)
    _, unit = np.unique(units, return_inverse=True)
    rng, found = np.random.default_rng(seed), []
    for _ in range(SPLITS if len(names) > 1 else 0):
        in_first = np.isin(rater, rng.permutation(len(names))[: len(names) // 2])
        means = [_means(scores[half], unit[half], int(unit.max()) + 1) for half in (in_first, ~in_first)]
        in_both = np.isfinite(means[0]) & np.isfinite(means[1])
        one, other = (mean[in_both] for mean in means)
        if len(one) >= FEWEST_PAIRS and np.ptp(one) > 0 and np.ptp(other) > 0:
            correlation = float(np.corrcoef(one, other)[0, 1])
            found.append(2 * correlation / (1 + correlation) if correlation > 0 else correlation)
    if not found:
        raise NotMeasured("too few raters or pairs, or halves without any difference between pairs")
    return float(np.mean(found))


def _means(scores: np.ndarray, unit: np.ndarray, count: int) -> np.ndarray:
    votes = np.bincount(unit, minlength=count).astype(float)
    votes[votes == 0] = np.nan
    return np.bincount(unit, scores, count) / votes
