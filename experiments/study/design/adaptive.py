"""Which comparisons tell most: the two arms by expected information, the scene by who has seen it and how often. Pure."""

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import minimum_spanning_tree

from experiments.study.design.choosing import Choice, begun, best, sides_balanced
from experiments.study.design.ledger import Ledger
from experiments.study.design.posterior import Posterior, gains, information, posterior
from experiments.study.trials import Comparison


def most_telling(
    ledger: Ledger, open_ones: Sequence[Comparison], wanted: int, rng: np.random.Generator
) -> list[Comparison]:
    """Return `wanted` comparisons, in batches that each join all arms and tell most about their strengths.

    A batch is the spanning tree of the arms whose comparisons are expected to tell most; before the next, its votes are
    counted as expected, and so are the votes that other raters are still to give. Strengths are those over all scenes.
    Of two arms' comparisons one is taken of a scene the rater has least, then the least voted, then one that evens sides.
    Source: the tree is that of Li et al. 2018, Hybrid-MST, NeurIPS.
    """
    choice = begun(ledger, open_ones)
    known = _known(ledger, choice)
    rows_of = _rows_by_pair(choice)
    while len(choice.rows) < wanted:
        for pair in _tree(known, rows_of, rng)[: wanted - len(choice.rows)]:
            rows = rows_of.pop(pair)
            place = best(choice, rows, _least_seen, rng)
            choice.take(int(rows[place]))
            if len(rows) > 1:
                rows_of[pair] = np.delete(rows, place)
            known = _expecting(known, pair)
    return choice.comparisons


def _known(ledger: Ledger, choice: Choice) -> Posterior:
    """What the votes given say, with the information of those still to come."""
    arms = {name: index for index, name in enumerate(choice.table.arms)}
    wins, coming = np.zeros((len(arms),) * 2), np.zeros((len(arms),) * 2)
    for each, tally in ledger.tallies.items():
        if each.first in arms and each.second in arms:
            first, second = arms[each.first], arms[each.second]
            wins[first, second] += tally.score
            wins[second, first] += sum(tally.given) - tally.score
            coming[first, second] += sum(tally.reserved)
    known = posterior(wins)
    return Posterior(known.mean, known.precision + information(known.mean, coming + coming.T))


def _expecting(known: Posterior, pair: tuple[int, int]) -> Posterior:
    """What would be known after one more vote on `pair`, whichever it is."""
    vote = np.zeros_like(known.precision)
    vote[pair] = vote[pair[::-1]] = 1
    return Posterior(known.mean, known.precision + information(known.mean, vote))


def _rows_by_pair(choice: Choice) -> dict[tuple[int, int], np.ndarray]:
    pairs = list(zip(choice.table.first.tolist(), choice.table.second.tolist(), strict=True))
    rows: dict[tuple[int, int], list[int]] = {}
    for row, pair in enumerate(pairs):
        rows.setdefault(pair, []).append(row)
    return {pair: np.array(those) for pair, those in rows.items()}


def _tree(known: Posterior, pairs: Sequence[tuple[int, int]] | dict, rng: np.random.Generator) -> list[tuple[int, int]]:
    """The pairs of the spanning tree (of each part, where open comparisons no longer join all arms) that tell most, the
    most telling first."""
    gain = gains(known) * (1 + 1e-6 * rng.random(known.precision.shape))  # chance decides among equals
    first, second = np.array(sorted(pairs)).T
    cost = csr_array((1 / np.maximum(gain[first, second], 1e-12), (first, second)), shape=gain.shape)
    tree = minimum_spanning_tree(cost).tocoo()
    ends = sorted(zip(tree.data, tree.row, tree.col, strict=True))
    return [(int(low), int(high)) for _, low, high in ends]


def _least_seen(choice: Choice, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    return *sides_balanced(choice, rows), choice.table.votes[rows], choice.rater.scenes[choice.table.scene[rows]]
