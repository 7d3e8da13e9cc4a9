"""The design of a blind study: which pair is shown when, and which picture stands on the left. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

SIDES = ("a", "b")


@dataclass(frozen=True)
class Trial:
    """One question to the rater. `left` is "a" or "b"; `repeat_of` is the trial that it shows again, flipped."""

    trial: str
    pair: str
    left: str
    repeat_of: str | None = None

    @property
    def right(self) -> str:
        """What stands on the right."""
        return other(self.left)


def design(pairs: Sequence[str], repeats: int, rng: np.random.Generator) -> list[Trial]:
    """Return the trials in the order of presentation: every pair once, and the first `repeats` of them again.

    A is on the left in half of the trials, exactly or but for one, and in half of any stretch from the start.
    A repeat has its sides flipped, and at least half of the pairs lie between it and its first showing.
    """
    assert 0 <= repeats <= len(pairs) // 2, "at most half of the pairs can be repeated"
    shown = [pairs[int(index)] for index in rng.permutation(len(pairs))]
    sides = _sides(len(shown), repeats, rng)
    first = [Trial("", pair, left) for pair, left in zip(shown, sides, strict=True)]
    again = [Trial("", trial.pair, trial.right, trial.pair) for trial in first[:repeats]]
    middle = (len(first) + 1) // 2
    order = first[:middle] + _interleave(first[middle:], again, rng)
    names = [f"t{number:04d}" for number in range(1, len(order) + 1)]
    name_of = {trial.pair: name for name, trial in zip(names, order, strict=True) if not trial.repeat_of}
    return [
        replace(trial, trial=name, repeat_of=name_of[trial.pair] if trial.repeat_of else None)
        for name, trial in zip(names, order, strict=True)
    ]


def other(side: str) -> str:
    """Return "b" for "a" and "a" for "b"."""
    return SIDES[1 - SIDES.index(side)]


def _sides(count: int, repeats: int, rng: np.random.Generator) -> list[str]:
    """Left sides in shuffled blocks of two; an odd one at the end evens out an odd number of repeats."""
    sides = [SIDES[side] for _ in range((count + 1) // 2) for side in rng.permutation(2)][:count]
    if count % 2 and repeats % 2:
        sides[-1] = sides[repeats - 1]
    return sides


def _interleave(first: list, second: list, rng: np.random.Generator) -> list:
    """Both lists merged at random places, each in its own order."""
    total = len(first) + len(second)
    from_second = set(rng.choice(total, len(second), replace=False).tolist())
    sources = iter(first), iter(second)
    return [next(sources[place in from_second]) for place in range(total)]
