"""The trials that a rater starts with, to see what the study is about. They count for nothing. Pure."""

from collections.abc import Mapping, Sequence

import numpy as np

from experiments.study.design.checks import GOOD, SPOILED, balanced_sides, good_and_spoiled, unnamed
from experiments.study.folder import Scene
from experiments.study.trials import Comparison, Trial


def training_trials(
    scenes: Mapping[str, Scene], pool: Sequence[Comparison], count: int, rng: np.random.Generator
) -> list[Trial]:
    """Return up to `count` trials over the whole range, in random order.

    Of the training scenes in order of their names every so many-th is taken, from the first to the last. A study without
    any takes comparisons from the start of `pool`, of every two arms about as many.
    """
    names = [name for name, scene in sorted(scenes.items()) if scene.kind == "training"]
    places = np.unique(np.linspace(0, len(names) - 1, min(count, len(names))).round().astype(int))
    chosen = [Comparison(names[place], *sorted(scenes[names[place]].files)[:2]) for place in places]
    chosen = [chosen[index] for index in rng.permutation(len(chosen))] or _over_arms(pool, count)
    return [_trial(each, side) for each, side in zip(chosen, balanced_sides(len(chosen), "left", rng), strict=True)]


def _trial(comparison: Comparison, side: str) -> Trial:
    if (comparison.first, comparison.second) == (GOOD, SPOILED):
        return good_and_spoiled("training", comparison.scene, side)
    return unnamed("training", (comparison, comparison.first if side == "left" else comparison.second))


def _over_arms(pool: Sequence[Comparison], count: int) -> list[Comparison]:
    """The first of each two arms, then the second of each, and so on."""
    had: dict[tuple[str, str], int] = {}
    turns = []
    for each in pool:
        turns.append(had.get((each.first, each.second), 0))
        had[each.first, each.second] = turns[-1] + 1
    return [pool[index] for index in np.argsort(turns, kind="stable")[:count]]
