"""Gold and trap trials, whose right answer is known, and where they fall in a session. Pure."""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np

from experiments.study.design.ledger import Placed, other_arm
from experiments.study.folder import Scene
from experiments.study.trials import Comparison, Kind, Trial

GOOD, SPOILED = "good", "spoiled"
"""Arms of a gold scene: the right answer and the wrong one."""


def unnamed(kind: Kind, shown: Placed, expected: str | None = None) -> Trial:
    """Return a trial that has no name yet."""
    comparison, left = shown
    return Trial("", kind, comparison.scene, left, other_arm(comparison, left), expected=expected)


def good_and_spoiled(kind: Kind, scene: str, side: str) -> Trial:
    """Return the trial of a scene that has a right answer, this one on `side`."""
    return unnamed(kind, (Comparison(scene, GOOD, SPOILED), GOOD if side == "left" else SPOILED), side)


def gold_trials(scenes: Mapping[str, Scene], count: int, rng: np.random.Generator) -> list[Trial]:
    """Return `count` gold trials: the gold scenes in random order, and again where there are fewer."""
    names = [name for name, scene in sorted(scenes.items()) if scene.kind == "gold"]
    rounds = -(-count // len(names)) if names else 0
    order = [names[index] for _ in range(rounds) for index in rng.permutation(len(names))][:count]
    sides = balanced_sides(len(order), "left", rng)
    return [good_and_spoiled("gold", name, side) for name, side in zip(order, sides, strict=True)]


def trap_trials(pool: Sequence[Comparison], count: int, more: str, rng: np.random.Generator) -> list[Trial]:
    """Return `count` trap trials on comparisons from the start of `pool`; of an odd number one more asks for side `more`."""
    trials = []
    for index, side in enumerate(balanced_sides(count, more, rng)):
        comparison = pool[index % len(pool)]
        left = comparison.first if rng.random() < 0.5 else comparison.second
        trials.append(unnamed("trap", (comparison, left), side))
    return trials


def balanced_sides(count: int, more: str, rng: np.random.Generator) -> list[str]:
    """Return "left" and "right" in random order, as often as each other; of an odd number `more` is there once more."""
    sides = ([more, "right" if more == "left" else "left"] * ((count + 1) // 2))[:count]
    return [sides[index] for index in rng.permutation(count)]


def with_checks(
    trials: Sequence[Trial], gold: Sequence[Trial], traps: Sequence[Trial], rng: np.random.Generator
) -> list[Trial]:
    """Return `trials` with the checks among them: the session is cut into as many parts, and one falls into each, so that
    no two are neighbours. What finds no place (there are more checks than trials) is left out."""
    checks = _in_turn(gold, traps, rng)[: len(trials)]
    edges = np.linspace(0, len(trials), len(checks) + 1).astype(int).tolist()
    after = {int(rng.integers(*part)): check for part, check in zip(itertools.pairwise(edges), checks, strict=True)}
    return [each for place, trial in enumerate(trials) for each in (trial, after.get(place)) if each is not None]


def _in_turn(gold: Sequence[Trial], traps: Sequence[Trial], rng: np.random.Generator) -> list[Trial]:
    """Both kinds mixed: the n-th of a kind falls into the n-th part of the session, so that neither comes all at once."""
    places = [((index + rng.random()) / len(kind), check) for kind in (gold, traps) for index, check in enumerate(kind)]
    return [check for _, check in sorted(places, key=lambda each: each[0])]
