"""What the samplers are worth: `python -m experiments.study.design.simulated` prints the table that docs/study.md shows.

Simulated studies with known strengths: raters join one after another (or `at_once` together), get their list, and vote by
Bradley-Terry with scenes and tastes that differ. Every sampler gets the same number of votes; the strengths are then fitted
alike, and compared with the true ones.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import kendalltau

from experiments.study.design.assignment import empty_ledger, list_for
from experiments.study.design.posterior import posterior
from experiments.study.trials import Comparison

STRENGTHS = {"equal": 0.0, "near": 0.5, "apart": 1.5, "far apart": 3.0}
"""Standard deviation of the arms' true strengths, in logits."""


@dataclass(frozen=True)
class Studies:
    """Size of a simulated study. `scene_sd` and `taste_sd`: how far an arm's strength differs by scene and by rater, in logits."""

    arms: int
    scenes: int = 20
    raters: int = 20
    per_rater: int = 20
    at_once: int = 1
    scene_sd: float = 0.0
    taste_sd: float = 0.0


def errors(size: Studies, strength_sd: float, sampler: str, seed: int) -> tuple[float, float]:
    """Return one simulated study's error: RMSE of the centred strengths in logits, and 1 - Kendall's tau of the order (NaN where all are equal)."""
    truth_rng, rng = np.random.default_rng([seed, 0]), np.random.default_rng([seed, 1])
    strength = truth_rng.normal(0, 1, size.arms)
    strength = strength_sd * (strength - strength.mean()) / strength.std()
    wins = voted(size, strength, sampler, rng)
    fitted = posterior(wins, prior_sd=FIT_SD).mean
    rmse = float(np.sqrt(np.mean((fitted - fitted.mean() - strength) ** 2)))
    tau: float = kendalltau(fitted, strength)[0]  # type: ignore[assignment]
    return rmse, 1 - tau if strength_sd else float("nan")


FIT_SD = 10.0


def voted(size: Studies, strength: np.ndarray, sampler: str, rng: np.random.Generator) -> np.ndarray:
    names = [chr(ord("a") + index) for index in range(size.arms)]
    arms = {name: index for index, name in enumerate(names)}
    scenes = [f"scene{index:03}" for index in range(size.scenes)]
    of_scene = {name: strength + size.scene_sd * rng.normal(size=size.arms) for name in scenes}
    ledger = empty_ledger(Comparison(s, a, b) for s in scenes for i, a in enumerate(names) for b in names[i + 1 :])
    left = size.raters
    while left:
        lists = []
        for _ in range(min(left, size.at_once)):
            shown = list_for(ledger, size.per_rater, rng, sampler=sampler)
            ledger = ledger.with_reserved(shown)
            lists.append(shown)
            left -= 1
        for shown in lists:
            taste = size.taste_sd * rng.normal(size=size.arms)
            votes = []
            for each, on_left in shown:
                worth = of_scene[each.scene] + taste
                right = each.second if on_left == each.first else each.first
                votes.append((each, on_left, float(rng.random() < expit(worth[arms[on_left]] - worth[arms[right]]))))
            ledger = ledger.with_released(shown).with_votes(votes)
    wins = np.zeros((size.arms,) * 2)
    for each, tally in ledger.tallies.items():
        wins[arms[each.first], arms[each.second]] += tally.score
        wins[arms[each.second], arms[each.first]] += sum(tally.given) - tally.score
    return wins
