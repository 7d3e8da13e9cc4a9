"""Raters and scenes as populations: what a study is drawn from, and the win rate that it is to find. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit

from experiments.study.trials import ANSWERS

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(101)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
"""Gauss and Hermite's quadrature over the standard normal distribution."""

TIE, SLIGHTLY = 0.5, 1.5
"""How far apart in logits two pictures have to look for a rater to say which, and to say it without "slightly"."""

THRESHOLDS = {"two": (0.0,), "tie": (-TIE, TIE), "five": (-SLIGHTLY, -TIE, TIE, SLIGHTLY)}
"""Between the answers of `ANSWERS`: how many of them lie below what a rater sees, as a share, is the answer's score."""

STRONGEST = 12.0
"""Logits beyond which no strength is looked for."""


@dataclass(frozen=True)
class Population:
    """Where raters and scenes come from. All but shares is in logits of one vote without ties.

    A rater r who sees arm a on the left of b in scene s sees a difference of `strengths[a] - strengths[b]`, plus the scene's
    own (`scene_sd`: its standard deviation over scenes), plus the rater's taste (`taste_sd`, over raters), plus the rater's
    left bias (mean `left_bias`, `left_bias_sd`), plus logistic noise; the thresholds of `answers` make it an answer.
    """

    strengths: tuple[float, ...]
    """Of each arm; two arms of equal strength are both preferred by half."""
    taste_sd: float = 0.5
    scene_sd: float = 1.0
    left_bias: float = 0.0
    left_bias_sd: float = 0.0
    lapse: float = 0.0
    """Share of answers given without looking, any with the same chance; raters differ (a Beta distribution, sd = mean)."""
    answers: str = "two"

    def __post_init__(self) -> None:
        assert self.answers in ANSWERS and 0 <= self.lapse < 0.5

    @property
    def thresholds(self) -> np.ndarray:
        """What separates the answers, in logits, from right to left."""
        return np.array(THRESHOLDS[self.answers])

    def win_rate(self, first: int, second: int) -> float:
        """The share of votes for arm `first` over `second` among all raters and scenes, sides balanced, ties half a win."""
        return self._rate(self.strengths[first] - self.strengths[second])

    def _rate(self, difference: float) -> float:
        spread = math.sqrt(self.taste_sd**2 + self.scene_sd**2 + self.left_bias_sd**2)
        return mean_score(np.array([difference]), self.left_bias, spread, self.thresholds, self.lapse)

    def win_rates(self) -> np.ndarray:
        """The win rate of each arm (row) over each other one (column); 0.5 on the diagonal."""
        arms = len(self.strengths)
        rates = np.full((arms, arms), 0.5)
        for first, second in combinations(range(arms), 2):
            rates[first, second] = self.win_rate(first, second)
            rates[second, first] = 1 - rates[first, second]
        return rates


def mean_score(
    differences: np.ndarray,
    left_bias: float | np.ndarray,
    spread: float,
    thresholds: np.ndarray,
    lapse: float | np.ndarray,
) -> float:
    """Return the mean score of a first arm over `differences` (logits) that are blurred by a normal `spread`.

    Half of the votes have it on the left, half on the right; `left_bias` and `lapse` are numbers, or aligned with
    `differences`. By quadrature, exact to 1e-6 for spreads up to 3.
    """
    seen = np.asarray(differences)[:, None] + spread * NODES
    bias = np.broadcast_to(left_bias, np.shape(differences))[:, None]
    scores = sum(expit(seen + side * bias - threshold) for side in (-1, 1) for threshold in thresholds)
    rates = (scores @ WEIGHTS) / (2 * len(thresholds))
    return float(np.mean((1 - np.asarray(lapse)) * rates + np.asarray(lapse) / 2))


def strengths_for(win_rates: Sequence[float], **traits: float | str) -> tuple[float, ...]:
    """Return the strengths of arms of which the first is preferred over each other one at `win_rates`.

    `traits` are the population's. Raises: ValueError for a win rate that lapses leave out of reach.
    """
    flat = Population((0.0, 0.0), **traits)  # pyright: ignore[reportArgumentType]

    def strength(rate: float) -> float:
        try:
            return float(brentq(lambda difference: flat._rate(difference) - rate, -STRONGEST, STRONGEST))  # pyright: ignore
        except ValueError as error:
            raise ValueError(f"a win rate of {rate} is out of reach with {flat.lapse:.0%} lapses") from error

    return (0.0, *(-strength(rate) for rate in win_rates))
