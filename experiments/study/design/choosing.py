"""Which comparisons a rater gets: always the least voted; among equals those that keep scenes, sides and arms apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from experiments.study.design.ledger import Ledger
from experiments.study.trials import Comparison


@dataclass(frozen=True)
class Candidates:
    """Comparisons as arrays of one row each: indices of scene and arms, votes, and `needed`: 1 where `first` has yet to
    stand on the left, -1 where `second`, 0 where either may."""

    comparisons: Sequence[Comparison]
    scene: np.ndarray
    first: np.ndarray
    second: np.ndarray
    votes: np.ndarray
    needed: np.ndarray
    arms: int


@dataclass
class Chosen:
    """What one rater has so far: by scene, by arm (times left less times right), by two arms."""

    scenes: np.ndarray
    lean: np.ndarray
    pairs: np.ndarray
    rows: list[int] = field(default_factory=list)


def candidates(ledger: Ledger, comparisons: Sequence[Comparison]) -> Candidates:
    """Return `comparisons` with what the ledger says of them."""
    scenes = {name: index for index, name in enumerate(sorted({each.scene for each in comparisons}))}
    arms = {name: index for index, name in enumerate(sorted({arm for each in comparisons for arm in each_arm(each)}))}
    sides = np.array([ledger.tallies[each].sides for each in comparisons]).reshape(-1, 2)
    return Candidates(
        comparisons,
        np.array([scenes[each.scene] for each in comparisons], int),
        np.array([arms[each.first] for each in comparisons], int),
        np.array([arms[each.second] for each in comparisons], int),
        sides.sum(1),
        np.sign(sides[:, 1] - sides[:, 0]),
        len(arms),
    )


def each_arm(comparison: Comparison) -> tuple[str, str]:
    """Return both arms."""
    return comparison.first, comparison.second


def least_voted(
    ledger: Ledger, comparisons: Sequence[Comparison], wanted: int, rng: np.random.Generator
) -> list[Comparison]:
    """Return `wanted` of the least voted comparisons (or all), of equals those that suit the rater best:
    a scene the rater has least, of these a scene with few votes, sides that balance, two arms the rater has least."""
    return _chosen(ledger, comparisons, wanted, rng, _spread)


def in_rounds(
    ledger: Ledger, comparisons: Sequence[Comparison], wanted: int, rng: np.random.Generator
) -> list[Comparison]:
    """Return `wanted` of the least voted comparisons (or all), of equals any whose sides balance."""
    return _chosen(ledger, comparisons, wanted, rng, _sides_alone)


def _chosen(
    ledger: Ledger, comparisons: Sequence[Comparison], wanted: int, rng: np.random.Generator, preference: Callable
) -> list[Comparison]:
    if wanted >= len(comparisons):
        return list(comparisons)
    table = candidates(ledger, comparisons)
    level = np.sort(table.votes)[wanted]  # all below it are taken, and as many on it as are then lacking
    chosen = Chosen(np.zeros(table.scene.max() + 1, int), np.zeros(table.arms, int), np.zeros((table.arms,) * 2, int))
    study = _so_far(table)
    for row in np.flatnonzero(table.votes < level):
        _take(table, chosen, study, int(row))
    left = np.flatnonzero(table.votes == level)
    while len(chosen.rows) < wanted:
        keys = [rng.random(len(left)), *preference(table, chosen, study, left)]
        place = np.lexsort(keys)[0]
        _take(table, chosen, study, int(left[place]))
        left = np.delete(left, place)
    return [comparisons[row] for row in chosen.rows]


def _so_far(table: Candidates) -> Chosen:
    """What all raters together have."""
    study = Chosen(np.bincount(table.scene, table.votes), np.zeros(table.arms, int), np.zeros((table.arms,) * 2, int))
    np.add.at(study.lean, table.first, -table.needed)
    np.add.at(study.lean, table.second, table.needed)
    np.add.at(study.pairs, (table.first, table.second), table.votes)
    return study


def _take(table: Candidates, chosen: Chosen, study: Chosen, row: int) -> None:
    first, second, scene = table.first[row], table.second[row], table.scene[row]
    side = table.needed[row]
    if side == 0:
        leaning = [int(counts.lean[first] - counts.lean[second]) for counts in (chosen, study)]
        side = -1 if leaning > [0, 0] else 1
    for counts in (chosen, study):
        counts.scenes[scene] += 1
        counts.lean[first] += side
        counts.lean[second] -= side
        counts.pairs[first, second] += 1
    chosen.rows.append(row)


def _spread(table: Candidates, chosen: Chosen, study: Chosen, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Keys of np.lexsort: the last counts first."""
    scene, first, second = table.scene[rows], table.first[rows], table.second[rows]
    pairs = study.pairs[first, second], chosen.pairs[first, second]
    return *pairs, *_sides_alone(table, chosen, study, rows), study.scenes[scene], chosen.scenes[scene]


def _sides_alone(table: Candidates, chosen: Chosen, study: Chosen, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    first, second, needed = table.first[rows], table.second[rows], table.needed[rows]
    return tuple(_leaning(counts.lean[first] - counts.lean[second], needed) for counts in (study, chosen))


def _leaning(difference: np.ndarray, needed: np.ndarray) -> np.ndarray:
    """Half the growth, less one, of the arms' squared leanings by a comparison of two with `difference` between theirs."""
    return np.where(needed == 0, -np.abs(difference), needed * difference)
