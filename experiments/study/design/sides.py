"""Which arm stands on the left: within one of half for each comparison over all raters, then for each arm of one rater."""

from collections.abc import Sequence

import numpy as np

from experiments.study.design.ledger import Ledger, Placed, other_arm
from experiments.study.trials import Comparison


def placed(ledger: Ledger, comparisons: Sequence[Comparison], rng: np.random.Generator) -> list[Placed]:
    """Return each comparison with its left arm.

    The side that a comparison had less often is taken; where both were as often, the sides are chosen so that each
    arm stands left as often as right, or as near as the others let it. Chance decides the rest.
    """
    lefts: dict[Comparison, str] = {}
    lean: dict[str, int] = {arm: 0 for each in comparisons for arm in (each.first, each.second)}
    overall = _overall(ledger)
    free = []
    for each in comparisons:
        first, second = ledger.tallies[each].sides
        if first == second:
            free.append(each)
        else:
            _stand(each, each.first if first < second else each.second, lefts, lean)
    for index in rng.permutation(len(free)):
        each = free[index]
        difference = (lean[each.first] - lean[each.second], overall[each.first] - overall[each.second])
        left = each.first if difference < (0, 0) or (difference == (0, 0) and rng.random() < 0.5) else each.second
        _stand(each, left, lefts, lean)
        overall[left] += 1
        overall[other_arm(each, left)] -= 1
    while path := _evening_path(free, lefts, lean):
        for each in path:
            old = lefts[each]
            lean[old] -= 2
            lean[other_arm(each, old)] += 2
            lefts[each] = other_arm(each, old)
    return [(each, lefts[each]) for each in comparisons]


def _overall(ledger: Ledger) -> dict[str, int]:
    """By arm, times left less times right, over the whole study."""
    lean: dict[str, int] = {}
    for each, tally in ledger.tallies.items():
        difference = tally.sides[0] - tally.sides[1]
        lean[each.first] = lean.get(each.first, 0) + difference
        lean[each.second] = lean.get(each.second, 0) - difference
    return lean


def _stand(comparison: Comparison, left: str, lefts: dict[Comparison, str], lean: dict[str, int]) -> None:
    lefts[comparison] = left
    lean[left] += 1
    lean[other_arm(comparison, left)] -= 1


def _evening_path(free: Sequence[Comparison], lefts: dict[Comparison, str], lean: dict[str, int]) -> list[Comparison]:
    """Comparisons to flip so that an arm too often left and one too often right come nearer: a path from left to right
    arms through free comparisons (as in an Eulerian orientation); empty when there is none."""
    for start in sorted(lean, key=lambda arm: -lean[arm]):
        paths: dict[str, list[Comparison]] = {start: []}
        waiting = [start]
        while waiting:
            arm = waiting.pop(0)
            if lean[start] - lean[arm] > 2:
                return paths[arm]
            for each in free:
                right = other_arm(each, lefts[each])
                if lefts[each] == arm and right not in paths:
                    paths[right] = [*paths[arm], each]
                    waiting.append(right)
    return []
