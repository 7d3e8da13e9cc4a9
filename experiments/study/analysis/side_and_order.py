"""What answers follow besides the pictures: the side, the time into the session, and haste. Pure."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import binomtest, ttest_1samp

from experiments.study.analysis.counted import answered, main_votes
from experiments.study.intervals.measured import NotMeasured, needed
from experiments.study.intervals.sandwich import both_ways, by_one
from experiments.study.intervals.win_rate import FEWEST
from experiments.study.vote import Vote


def side_effect(votes: Sequence[Vote]) -> dict[str, Any]:
    """Return how often the left side was taken, of all answers to main and repeated pairs that took one.

    `interval` and `p_value` (of one half) are clustered by rater and scene, below three raters by scene alone; `p_by_vote`
    is the exact test as if votes were independent. Both of the first two null, with `not_measured`, without statsmodels.
    """
    taken = [vote for vote in answered(votes, "main", "repeat") if vote.left_score != 0.5]
    lefts = np.array([vote.left_score > 0.5 for vote in taken], float)
    left = int(lefts.sum())
    said = {"left": left, "right": len(taken) - left, "left_share": left / len(taken) if taken else None}
    said |= {"interval": None, "p_value": None, "p_by_vote": side_bias(left, len(taken) - left), "not_measured": None}
    raters, scenes = np.array([vote.rater for vote in taken]), np.array([vote.trial.scene for vote in taken])
    try:
        if len(set(scenes)) < FEWEST:
            raise NotMeasured("too few scenes")
        many = len(set(raters)) >= FEWEST
        estimate = both_ways(lefts, raters, scenes) if many else by_one(lefts, scenes)
    except NotMeasured as reason:
        return said | {"not_measured": str(reason)}
    return said | {"interval": list(estimate.interval()), "p_value": estimate.p_value()}


def side_bias(left: int, right: int) -> float:
    """Return the p value of "raters choose left as often as right" (exact, two-sided); 1 without votes."""
    return float(binomtest(left, left + right, 0.5).pvalue) if left + right else 1.0


def order_effect(votes: Sequence[Vote]) -> dict[str, Any]:
    """Return whether answers drift: votes for the first of two arms in the second half of a rater's trials less the first.

    `change` is the mean over raters, with Student's interval and p over them; `slope` is the change from a rater's first
    trial to the last by a line through all votes, its interval and p clustered by rater (statsmodels).
    """
    by_rater: dict[str, list[Vote]] = {}
    for vote in main_votes(votes):
        by_rater.setdefault(vote.rater, []).append(vote)
    ordered = [sorted(own, key=lambda vote: vote.position) for own in by_rater.values() if len(own) > 1]
    scores = [np.array([vote.score_of(vote.trial.comparison.first) for vote in own]) for own in ordered]
    if len(ordered) < FEWEST or not all(own[-1].position for own in ordered):
        return {"not_measured": "it needs three raters with two votes each, and the order of their trials"}
    changes = np.array([own[(len(own) + 1) // 2 :].mean() - own[: len(own) // 2].mean() for own in scores])
    said = {"change": float(changes.mean()), "interval": None, "p_value": None, "raters": len(changes)}
    if np.ptp(changes) > 1e-9:
        test: Any = ttest_1samp(changes, 0.0)
        said |= {"interval": list(map(float, test.confidence_interval())), "p_value": float(test.pvalue)}
    return said | {"slope": _slope(scores), "not_measured": None}


def speed(votes: Sequence[Vote], hasty_s: float) -> dict[str, Any]:
    """Return the quartiles of the time for a pair in s, and the share of answers in less than `hasty_s`."""
    seconds = np.array([vote.seconds for vote in answered(votes, "main", "repeat")])
    low, middle, high = map(float, np.quantile(seconds, [0.25, 0.5, 0.75]))
    hasty = {"hasty_seconds": hasty_s, "hasty_share": float(np.mean(seconds < hasty_s))}
    away = float(sum(vote.away_s for vote in answered(votes)))
    return {"median_seconds": middle, "quartiles_seconds": [low, high], **hasty, "away_seconds": away}


def _slope(scores: Sequence[np.ndarray]) -> dict[str, Any]:
    progress = np.concatenate([np.linspace(-0.5, 0.5, len(own)) for own in scores])
    rater = np.repeat(np.arange(len(scores)), [len(own) for own in scores])
    values = np.concatenate(scores)
    if np.ptp(values) == 0:
        return {"not_measured": "all votes agree"}
    try:
        model = needed("statsmodels.regression.linear_model").OLS(
            values, np.column_stack([np.ones(len(values)), progress])
        )
    except NotMeasured as reason:
        return {"not_measured": str(reason)}
    fitted = model.fit(cov_type="cluster", cov_kwds={"groups": rater}, use_t=True)
    interval = [float(end) for end in np.asarray(fitted.conf_int())[1]]
    p_value = float(fitted.pvalues[1])
    return {
        "slope": float(fitted.params[1]),
        "interval": interval,
        "p_value": p_value if np.isfinite(p_value) else None,
    }
