"""How far a planned study's win rate will be from the truth: exact variances of the simulated votes, by quadrature. Pure."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from scipy.stats import norm

from experiments.study.intervals.crossed_spread import CrossedSpread
from experiments.study.intervals.sandwich import CrossedEstimate
from experiments.study.planning.population import Population

NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(25)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


@dataclass(frozen=True)
class Moments:
    """Of scores for the first arm over the second, sides balanced within every rater."""

    mean: float
    vote: float
    """Variance of one vote, without that between sides, which balance takes out."""
    same_rater: float
    """Covariance of two votes of one rater on different scenes."""
    same_scene: float
    """Covariance of two raters' votes on one scene."""


@dataclass(frozen=True)
class Size:
    """A study of one pair of arms: each of `raters` votes on `per_rater` of `scenes` scenes, scenes evenly shared out."""

    raters: int
    per_rater: float
    scenes: int

    @property
    def votes(self) -> float:
        """Of all raters together."""
        return self.raters * self.per_rater


def moments_of(population: Population, first: int = 0, second: int = 1) -> Moments:
    """Return the moments of votes on two arms. A population's variances do not depend on the design, but for the balance."""
    difference = population.strengths[first] - population.strengths[second]
    taste = population.taste_sd * NODES[:, None, None]
    bias = (population.left_bias + population.left_bias_sd * NODES)[None, :, None]
    scene = population.scene_sd * NODES[None, None, :]
    sides = [_scores(difference + taste + side * bias + scene, population.thresholds) for side in (1, -1)]
    score, square = (np.mean([side[order] for side in sides], axis=0) for order in (0, 1))
    uneven = (sides[0][0] - sides[1][0]) / 2
    kept, kept_squared = 1 - population.lapse, _mean_square_of_kept(population.lapse)
    guesses = np.linspace(0, 1, len(population.thresholds) + 1)
    mean = kept * _over(score) + (1 - kept) / 2
    whole = kept * _over(square) + (1 - kept) * float(np.mean(guesses**2)) - mean**2
    by_rater = score @ WEIGHTS - 0.5
    by_scene = np.einsum("tbs,t,b->s", score, WEIGHTS, WEIGHTS) - 0.5
    same_rater = kept_squared * float(np.einsum("tb,t,b->", by_rater**2, WEIGHTS, WEIGHTS)) - (mean - 0.5) ** 2
    same_scene = kept**2 * float(by_scene**2 @ WEIGHTS) - (mean - 0.5) ** 2
    between_sides = kept_squared * float(np.einsum("tb,t,b->", (uneven @ WEIGHTS) ** 2, WEIGHTS, WEIGHTS))
    return Moments(mean, whole - between_sides, max(same_rater, 0.0), max(same_scene, 0.0))


def _scores(seen: np.ndarray, thresholds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and mean square of the score where so much is seen, logits: above k of n thresholds the score is k / n."""
    above = [expit(seen - threshold) for threshold in np.sort(thresholds)]
    steps = np.linspace(0, 1, len(thresholds) + 1)
    mean = sum(share * (high - low) for share, low, high in zip(above, steps, steps[1:], strict=False))
    square = sum(share * (high**2 - low**2) for share, low, high in zip(above, steps, steps[1:], strict=False))
    return np.asarray(mean), np.asarray(square)


def _over(values: np.ndarray) -> float:
    return float(np.einsum("tbs,t,b,s->", values, WEIGHTS, WEIGHTS, WEIGHTS))


def _mean_square_of_kept(lapse: float) -> float:
    """Of raters' shares of votes that are no lapses: their lapses are Beta(1, 1 / lapse - 1)."""
    return (1 - lapse) ** 2 + lapse**2 * (1 - lapse) / (1 + lapse)


def spread_of(moments: Moments, size: Size) -> CrossedSpread:
    """Return the spread that a study of that size will find, in the mean."""
    votes, by_scene = size.votes, size.raters * size.per_rater / size.scenes
    alone = moments.vote / votes
    rater = alone + moments.same_rater * (size.per_rater - 1) / votes
    scene = alone + moments.same_scene * max(by_scene - 1, 0.0) / votes
    return CrossedSpread(rater, scene, alone, size.raters, size.scenes)


def standard_error(moments: Moments, size: Size) -> float:
    """Return the true standard error of the win rate."""
    spread = spread_of(moments, size)
    return math.sqrt(spread.by_rater + spread.by_image - spread.by_cell)


def half_width(moments: Moments, size: Size) -> float:
    """Return half the width of the 95 % interval to expect."""
    low, high = CrossedEstimate(moments.mean, spread_of(moments, size)).interval()
    return (high - low) / 2


def power(moments: Moments, size: Size) -> float:
    """Return the chance that the interval lies on the win rate's side of one half; at a win rate of one half, on either."""
    mean, error = moments.mean, standard_error(moments, size)
    needed = half_width(moments, size)
    if abs(mean - 0.5) < 1e-9:
        return float(2 * norm.sf(needed / error))
    return float(norm.sf((needed - abs(mean - 0.5)) / error))
