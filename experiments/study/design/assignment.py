"""What one rater is to compare, from the votes that a study already has or expects: called at export and at every join."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from experiments.study.design.adaptive import most_telling
from experiments.study.design.choosing import in_rounds, least_voted
from experiments.study.design.ledger import Ledger, Placed, empty_ledger
from experiments.study.design.sides import placed
from experiments.study.trials import Comparison

__all__ = ["SAMPLERS", "Ledger", "Placed", "empty_ledger", "list_for"]

Sampler = Callable[[Ledger, Sequence[Comparison], int, np.random.Generator], list[Comparison]]

SAMPLERS: Mapping[str, Sampler] = {"full": in_rounds, "balanced": least_voted, "adaptive": most_telling}
"""How a rater's comparisons are picked out of those that are open."""


def list_for(
    ledger: Ledger,
    wanted: int,
    rng: np.random.Generator,
    *,
    sampler: str = "balanced",
    seen: Iterable[Comparison] = (),
) -> tuple[Placed, ...]:
    """Return up to `wanted` comparisons for one rater (0: all), each with its left arm, in the order of showing.

    None is full (`Ledger.quota`), none twice, none `seen` by this rater before; fewer than `wanted` come where fewer are
    open, none at all where the study has all its votes. The caller reserves what comes: `ledger.with_reserved(list)`.
    """
    open_ones = ledger.open(seen)
    if not open_ones:
        return ()
    chosen = SAMPLERS[sampler](ledger, open_ones, min(wanted or len(open_ones), len(open_ones)), rng)
    return tuple(in_order(placed(ledger, chosen, rng), rng))


def in_order(shown: Sequence[Placed], rng: np.random.Generator) -> list[Placed]:
    """Return `shown` in random order.

    Where each scene comes once, the comparison's first arm stands left in half of any stretch from the start, so that
    sides do not go with practice or fatigue. Where scenes come again, they come as late as they can.
    """
    if len({comparison.scene for comparison, _ in shown}) == len(shown):
        return _sides_in_turn(shown, rng)
    return _scenes_far_apart(shown, rng)


def _sides_in_turn(shown: Sequence[Placed], rng: np.random.Generator) -> list[Placed]:
    """Both sides in random order within each two; what one side has more falls anywhere."""
    mixed = [shown[index] for index in rng.permutation(len(shown))]
    first = [each for each in mixed if each[1] == each[0].first]
    second = [each for each in mixed if each[1] != each[0].first]
    both = min(len(first), len(second))
    order = [(two[side]) for two in zip(first, second, strict=False) for side in rng.permutation(2)]
    for each in first[both:] + second[both:]:
        order.insert(2 * int(rng.integers(0, len(order) // 2 + 1)), each)
    return order


def _scenes_far_apart(shown: Sequence[Placed], rng: np.random.Generator) -> list[Placed]:
    """The m showings of a scene fall one into each m-th part of the session."""
    of_scene: dict[str, list[int]] = {}
    for index in rng.permutation(len(shown)).tolist():
        of_scene.setdefault(shown[index][0].scene, []).append(index)
    places = np.empty(len(shown))
    for rows in of_scene.values():
        places[rows] = (np.arange(len(rows)) + rng.random(len(rows))) / len(rows)
    order = [shown[index] for index in np.argsort(places).tolist()]
    for index in range(1, len(order) - 1):  # two of one scene where parts meet: the second waits for one more
        if order[index][0].scene == order[index - 1][0].scene:
            order[index], order[index + 1] = order[index + 1], order[index]
    return order
