"""Which comparisons tell most: the two arms by expected information, the scene by who has seen it and how often. Pure."""

from collections.abc import Iterable, Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree

from experiments.study.design.choosing import Choice, begun, best, sides_balanced
from experiments.study.design.ledger import Ledger
from experiments.study.design.posterior import Posterior, expecting, gains, posterior, wins_of
from experiments.study.trials import Comparison

Two = tuple[int, int]
"""Two arms, by index."""


def most_telling(
    ledger: Ledger, open_ones: Sequence[Comparison], wanted: int, rng: np.random.Generator
) -> list[Comparison]:
    """Return `wanted` comparisons, in batches that each join all arms and tell most about their strengths.

    A batch is the spanning tree of the arms whose comparisons are expected to tell most. Votes that were chosen before, and
    those that other raters are still to give, count with the information that is expected of them. Strengths are those over
    all scenes. Of two arms' comparisons one is taken of a scene the rater has least, then the least voted, then one that
    evens sides. Source: batches by a spanning tree are those of Li et al. 2018, Hybrid-MST, NeurIPS.
    """
    choice = begun(ledger, open_ones)
    known = _known(ledger, choice.table.arms)
    rows_of = _rows_by_arms(choice)
    while len(choice.rows) < wanted:
        for two in _tree(known, rows_of, rng)[: wanted - len(choice.rows)]:
            rows = rows_of.pop(two)
            place = best(choice, rows, _least_seen, rng)
            choice.take(int(rows[place]))
            if len(rows) > 1:
                rows_of[two] = np.delete(rows, place)
            known = expecting(known, _one_vote(two, len(known.mean)))
    return choice.comparisons


def _known(ledger: Ledger, arms: Sequence[str]) -> Posterior:
    """What the votes given say, with the information of those still to come."""
    place, coming = {name: index for index, name in enumerate(arms)}, np.zeros((len(arms),) * 2)
    for each, tally in ledger.tallies.items():
        if each.first in place and each.second in place:
            coming[place[each.first], place[each.second]] += sum(tally.reserved)
    return expecting(posterior(wins_of(ledger, arms)), coming + coming.T)


def _one_vote(two: Two, arms: int) -> np.ndarray:
    vote = np.zeros((arms, arms))
    vote[two] = vote[two[::-1]] = 1
    return vote


def _rows_by_arms(choice: Choice) -> dict[Two, np.ndarray]:
    rows: dict[Two, list[int]] = {}
    for row, two in enumerate(zip(choice.table.first.tolist(), choice.table.second.tolist(), strict=True)):
        rows.setdefault(two, []).append(row)
    return {two: np.array(those) for two, those in rows.items()}


def _tree(known: Posterior, open_ones: Iterable[Two], rng: np.random.Generator) -> list[Two]:
    """The spanning tree that tells most (one for each part, where what is open joins no more all arms), most telling first."""
    gain = gains(known) * (1 + 1e-6 * rng.random(known.precision.shape))  # chance decides among equals
    first, second = np.array(sorted(open_ones), dtype=np.int32).T  # scipy before 1.17 takes no others
    cost = csr_array((1 / gain[first, second], (first, second)), shape=gain.shape)
    tree = minimum_spanning_tree(cost).tocoo()
    return [(int(low), int(high)) for _, low, high in sorted(zip(tree.data, tree.row, tree.col, strict=True))]


def _least_seen(choice: Choice, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    return *sides_balanced(choice, rows), choice.table.votes[rows], choice.rater.scenes[choice.table.scene[rows]]
