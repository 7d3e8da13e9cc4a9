"""Whether the preference differs between scenes, or between raters, by more than chance. Pure."""

from typing import Any

import numpy as np

from experiments.study.analysis.counted import Scored

SHUFFLES = 999


def heterogeneity(votes: Scored, seed: int) -> dict[str, Any]:
    """Return p of "every scene is alike" and of "every rater is alike", and how far their rates spread.

    Votes are shuffled among a rater's scenes (so that raters stay as they are), and among a scene's raters. `spread` is
    the root of the mean squared distance of the groups' rates from the mean, each group by its votes; `by_chance` that of
    the shuffled votes. p counts shuffles that spread as far, so the least is 1 in 1,000; null where no
    shuffle changes anything, as with one vote for each.

    Source: permutation within strata; Good 2005, Permutation, Parametric and Bootstrap Tests of Hypotheses.
    """
    rng = np.random.default_rng(seed)
    return {
        "scenes": _spread(votes.scores, votes.scenes, votes.raters, rng),
        "raters": _spread(votes.scores, votes.raters, votes.scenes, rng),
    }


def _spread(scores: np.ndarray, groups: np.ndarray, strata: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    _, group = np.unique(groups, return_inverse=True)
    _, stratum = np.unique(strata, return_inverse=True)
    counts = np.bincount(group)
    by_stratum = np.argsort(stratum, kind="stable")
    scores, group, stratum = scores[by_stratum], group[by_stratum], stratum[by_stratum]

    def spread(values: np.ndarray) -> float:
        means = np.bincount(group, values) / counts
        return float(np.sqrt((counts * (means - scores.mean()) ** 2).sum() / len(scores)))

    found = spread(scores)
    shuffled = np.array([spread(scores[np.lexsort((rng.random(len(scores)), stratum))]) for _ in range(SHUFFLES)])
    if np.ptp(shuffled) < 1e-12:
        return {"spread": found, "by_chance": None, "p_value": None}
    as_far = int((shuffled >= found - 1e-12).sum())
    return {"spread": found, "by_chance": float(shuffled.mean()), "p_value": (1 + as_far) / (1 + SHUFFLES)}
