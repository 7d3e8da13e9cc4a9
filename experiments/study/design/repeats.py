"""Pairs that a rater sees again, flipped, to tell how steady the rater is. Pure."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from experiments.study.trials import Trial


def with_repeats(main: Sequence[Trial], count: int, rng: np.random.Generator) -> list[Trial]:
    """Return `main` with `count` of its first half again, flipped, in its second half.

    At least half as many trials as `main` has stand between both showings. A repeat's `repeat_of` is the name of its first.
    """
    assert 0 <= count <= len(main) // 2, "at most half of the pairs can be repeated"
    again = sorted(_repeated(main, count, rng))
    middle = (len(main) + 1) // 2 + 1  # a repeat stands at least so many places after its first showing
    order, waiting = list(main[:middle]), list(main[middle:])
    for rank, place in enumerate(again):
        gap = int(
            rng.integers(0, 2 * len(waiting) // (count - rank + 1) + 1)
        )  # on average an equal share of those waiting
        gap = min(max(gap, place + middle - len(order), 0), len(waiting))
        order += [*waiting[:gap], _flipped(main[place])]
        waiting = waiting[gap:]
    return [*order, *waiting]


def _flipped(trial: Trial) -> Trial:
    return replace(trial, kind="repeat", left=trial.right, right=trial.left, repeat_of=trial.trial)


def _repeated(main: Sequence[Trial], count: int, rng: np.random.Generator) -> list[int]:
    """Places, in the first half, of those that once flipped leave each arm's sides as even as they can."""
    lean: dict[str, int] = {}
    for trial in main:
        _count(lean, trial.left, trial.right)
    free, chosen = rng.permutation(len(main) // 2).tolist(), []
    for _ in range(count):
        place = min(free, key=lambda place: lean[main[place].right] - lean[main[place].left])
        _count(lean, main[place].right, main[place].left)
        free.remove(place)
        chosen.append(place)
    return chosen


def _count(lean: dict[str, int], left: str, right: str) -> None:
    lean[left] = lean.get(left, 0) + 1
    lean[right] = lean.get(right, 0) - 1
