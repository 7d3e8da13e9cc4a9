"""Which comparisons a rater gets: always the least voted; among equals those that keep scenes, sides and arms apart."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from experiments.study.design.ledger import Ledger
from experiments.study.trials import Comparison


@dataclass(frozen=True)
class Candidates:
    """Comparisons as arrays of one row each: indices of scene and arms, votes, and `needed`: 1 where `first` has yet to
    stand on the left, -1 where `second`, 0 where either may. `arms` are the names behind the indices."""

    comparisons: Sequence[Comparison]
    scene: np.ndarray
    first: np.ndarray
    second: np.ndarray
    votes: np.ndarray
    needed: np.ndarray
    arms: Sequence[str]


@dataclass
class Had:
    """What a rater, or the whole study, has: showings by scene, by arm (times left less times right), by two arms."""

    scenes: np.ndarray
    lean: np.ndarray
    pairs: np.ndarray

    def add(self, scene: int, first: int, second: int, side: int) -> None:
        """Count one more comparison, its `first` on the left if `side` is 1 and on the right if -1."""
        self.scenes[scene] += 1
        self.lean[first] += side
        self.lean[second] -= side
        self.pairs[first, second] += 1


@dataclass
class Choice:
    """A rater's choice while it grows: rows of `table`, and what rater and study have with them."""

    table: Candidates
    rater: Had
    study: Had
    rows: list[int] = field(default_factory=list)

    def take(self, row: int) -> None:
        """Take one more comparison; its side is the one that is needed, else the one that balances."""
        table = self.table
        first, second, side = int(table.first[row]), int(table.second[row]), int(table.needed[row])
        if side == 0:
            side = -1 if [int(had.lean[first] - had.lean[second]) for had in (self.rater, self.study)] > [0, 0] else 1
        for had in (self.rater, self.study):
            had.add(int(table.scene[row]), first, second, side)
        self.rows.append(row)

    @property
    def comparisons(self) -> list[Comparison]:
        """What was taken, in this order."""
        return [self.table.comparisons[row] for row in self.rows]


Preference = Callable[[Choice, np.ndarray], tuple[np.ndarray, ...]]
"""Keys of some rows, for np.lexsort: the last counts first, the smallest is taken."""


def least_voted(
    ledger: Ledger, open_ones: Sequence[Comparison], wanted: int, rng: np.random.Generator
) -> list[Comparison]:
    """Return `wanted` of the least voted comparisons, of equals those that suit the rater best: a scene the rater has
    least, of these a scene with few votes, sides that balance, two arms that the rater has least."""
    return _lowest(begun(ledger, open_ones), wanted, rng, _scenes_apart)


def in_rounds(
    ledger: Ledger, open_ones: Sequence[Comparison], wanted: int, rng: np.random.Generator
) -> list[Comparison]:
    """Return `wanted` of the least voted comparisons, of equals any whose sides balance."""
    return _lowest(begun(ledger, open_ones), wanted, rng, sides_balanced)


def begun(ledger: Ledger, comparisons: Sequence[Comparison]) -> Choice:
    """Return a choice among `comparisons` in which nothing is taken."""
    scenes = {name: index for index, name in enumerate(sorted({each.scene for each in comparisons}))}
    names = sorted({arm for each in comparisons for arm in (each.first, each.second)})
    arms = {name: index for index, name in enumerate(names)}
    sides = np.array([ledger.tallies[each].sides for each in comparisons]).reshape(-1, 2)
    table = Candidates(
        comparisons,
        np.array([scenes[each.scene] for each in comparisons], int),
        np.array([arms[each.first] for each in comparisons], int),
        np.array([arms[each.second] for each in comparisons], int),
        sides.sum(1),
        np.sign(sides[:, 1] - sides[:, 0]),
        names,
    )
    rater, study = (
        Had(np.zeros(len(scenes), int), np.zeros(len(arms), int), np.zeros((len(arms),) * 2, int)) for _ in range(2)
    )
    np.add.at(study.scenes, table.scene, table.votes)
    np.add.at(study.lean, table.first, sides[:, 0] - sides[:, 1])
    np.add.at(study.lean, table.second, sides[:, 1] - sides[:, 0])
    np.add.at(study.pairs, (table.first, table.second), table.votes)
    return Choice(table, rater, study)


def best(choice: Choice, rows: np.ndarray, preference: Preference, rng: np.random.Generator) -> int:
    """Return the place in `rows` of the one preferred, by chance among equals."""
    return int(np.lexsort([rng.random(len(rows)), *preference(choice, rows)])[0])


def _lowest(choice: Choice, wanted: int, rng: np.random.Generator, preference: Preference) -> list[Comparison]:
    votes = choice.table.votes
    if wanted >= len(votes):
        return list(choice.table.comparisons)
    level = np.sort(votes)[wanted]  # all below it are taken, and as many on it as are then lacking
    for row in np.flatnonzero(votes < level):
        choice.take(int(row))
    rows = np.flatnonzero(votes == level)
    while len(choice.rows) < wanted:
        place = best(choice, rows, preference, rng)
        choice.take(int(rows[place]))
        rows = np.delete(rows, place)
    return choice.comparisons


def _scenes_apart(choice: Choice, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    scene, first, second = choice.table.scene[rows], choice.table.first[rows], choice.table.second[rows]
    pairs = choice.study.pairs[first, second], choice.rater.pairs[first, second]
    return *pairs, *sides_balanced(choice, rows), choice.study.scenes[scene], choice.rater.scenes[scene]


def sides_balanced(choice: Choice, rows: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return keys by which those come first whose sides leave the arms of the rater, then of the study, most even."""
    first, second, needed = choice.table.first[rows], choice.table.second[rows], choice.table.needed[rows]
    return tuple(_growth(had.lean[first] - had.lean[second], needed) for had in (choice.study, choice.rater))


def _growth(difference: np.ndarray, needed: np.ndarray) -> np.ndarray:
    """Half the growth, less one, of the sum of squared leanings when two arms that differ by `difference` are shown."""
    return np.where(needed == 0, -np.abs(difference), needed * difference)
