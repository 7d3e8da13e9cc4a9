"""Simulated studies: raters and scenes drawn from a population, who answer what the study's own design shows them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy.optimize import brentq

from experiments.study.analysis.counted import of_pair
from experiments.study.design.assignment import Placed, empty_ledger, list_for
from experiments.study.design.ledger import other_arm
from experiments.study.planning.population import STRONGEST, Population, mean_score
from experiments.study.trials import ANSWERS, Comparison, Trial
from experiments.study.vote import Vote

ARMS = "abcdefghijklmnopqrstuvwxyz"
SECONDS = 6.0
"""Median time of a simulated answer, s; nothing but tables of times depends on it."""

PER_ARM = math.sqrt(0.5)
"""Two arms' tastes differ by `taste_sd`, so one's spread is that much of it; of scenes likewise."""

Shown = tuple[tuple[Placed, ...], ...]
"""What each rater is asked, in order."""


@dataclass(frozen=True)
class Drawn:
    """The people of one study: taste for each rater and arm, left bias, and share of lapses."""

    taste: np.ndarray
    bias: np.ndarray
    lapse: np.ndarray


def shown_to(
    raters: int, scenes: int, arms: int, rng: np.random.Generator, *, per_rater: int = 0, sampler: str = "balanced"
) -> Shown:
    """Return what `list_for` shows each of `raters`: `per_rater` comparisons (0: all) of two of `arms` arms in `scenes`."""
    names = [f"scene{number:03d}" for number in range(scenes)]
    ledger = empty_ledger(Comparison(name, *pair) for name in names for pair in combinations(ARMS[:arms], 2))
    lists: list[tuple[Placed, ...]] = []
    for _ in range(raters):
        lists.append(list_for(ledger, per_rater, rng, sampler=sampler))
        ledger = ledger.with_reserved(lists[-1])
    return tuple(lists)


def without_dropouts(shown: Shown, share: float, rng: np.random.Generator) -> Shown:
    """Return what is answered where a `share` of raters leaves, each at any point of the session but its beginning."""
    leaving = rng.random(len(shown)) < share
    return tuple(
        own[: rng.integers(1, len(own) + 1)] if leaves else own for own, leaves in zip(shown, leaving, strict=True)
    )


def drawn(population: Population, raters: int, rng: np.random.Generator) -> Drawn:
    """Return so many people of a population."""
    return Drawn(
        rng.normal(0, population.taste_sd * PER_ARM, (raters, len(population.strengths))),
        rng.normal(population.left_bias, population.left_bias_sd, raters),
        rng.beta(1, 1 / population.lapse - 1, raters) if population.lapse else np.zeros(raters),
    )


def where_these_come_to(win_rate: float, population: Population, people: Drawn) -> Population:
    """Return the population with the first of its two arms so strong that `people` prefer it at `win_rate` over all scenes.

    Each rater counts the same. For what is said of these raters only: others have other tastes, so another win rate.
    """

    def excess(strength: float) -> float:
        differences = strength + people.taste[:, 0] - people.taste[:, 1]
        rate = mean_score(differences, people.bias, population.scene_sd, population.thresholds, people.lapse)
        return rate - win_rate

    return replace(population, strengths=(float(brentq(excess, -STRONGEST, STRONGEST)), 0.0))  # pyright: ignore[reportArgumentType]


def simulated(population: Population, people: Drawn, shown: Shown, rng: np.random.Generator) -> list[Vote]:
    """Return the votes of `people` on scenes drawn from `population`, each asked what is `shown` to them."""
    names = sorted({placed[0].scene for own in shown for placed in own})
    of_scene = {name: index for index, name in enumerate(names)}
    looks = rng.normal(0, population.scene_sd * PER_ARM, (len(names), len(population.strengths))) + np.array(
        population.strengths
    )
    rows = [(rater, *_sides(placed), placed[0].scene) for rater, own in enumerate(shown) for placed in own]
    rater, left, right = (np.array([row[column] for row in rows]) for column in range(3))
    scene = np.array([of_scene[row[3]] for row in rows])
    seen = looks[scene, left] - looks[scene, right] + people.taste[rater, left] - people.taste[rater, right]
    noisy = seen + people.bias[rater] + rng.logistic(size=len(rows))
    answer = (noisy[:, None] > population.thresholds).sum(1)
    anything = rng.integers(0, len(population.thresholds) + 1, len(rows))
    answer = np.where(rng.random(len(rows)) < people.lapse[rater], anything, answer)
    words = ANSWERS[population.answers][::-1]
    seconds = SECONDS * rng.lognormal(0, 0.5, len(rows))
    return [
        Vote(
            f"rater{row[0]:03d}",
            Trial(f"{number:06x}", "main", row[3], ARMS[row[1]], ARMS[row[2]]),
            words[answer[number]],
            float(seconds[number]),
        )
        for number, row in enumerate(rows)
    ]


def _sides(placed: Placed) -> tuple[int, int]:
    comparison, left = placed
    return ARMS.index(left), ARMS.index(other_arm(comparison, left))


def scores_of(votes: Sequence[Vote], first: str, second: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return scores for `first`, raters and scenes of the votes that compare it with `second`, aligned."""
    wanted = of_pair(votes, first, second)
    return (
        np.array([vote.score_of(first) for vote in wanted]),
        np.array([vote.rater for vote in wanted]),
        np.array([vote.trial.scene for vote in wanted]),
    )
