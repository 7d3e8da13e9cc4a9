"""How often each arm won over each other one, pair by pair, with an interval for each: no model stands behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from experiments.study.intervals import win_rate
from experiments.study.intervals.wilson import Interval
from experiments.study.scale.outcomes import outcomes_of
from experiments.study.vote import Vote


@dataclass(frozen=True)
class Cell:
    """Votes on two arms: the share that `first` won, ties half a win, and the interval that its verdict uses."""

    first: str
    second: str
    votes: int
    rate: float
    interval: Interval
    clustered: str
    """Name of the interval, as in `analysis.win_rate`."""

    def turned(self) -> "Cell":
        """The same votes from the side of `second`."""
        low, high = self.interval
        return Cell(self.second, self.first, self.votes, 1 - self.rate, Interval(1 - high, 1 - low), self.clustered)


def win_matrix(votes: Sequence[Vote], arms: Mapping[str, str], seed: int) -> tuple[Cell, ...]:
    """Return a cell for every two of `arms` (from the votes' letters to names) that have votes, in order of `arms`.

    `seed` is of the bootstrap's draws, which decide where statsmodels is not installed.
    """
    outcomes, names, cells = outcomes_of(votes, list(arms)), tuple(arms.values()), []
    for first, second in combinations(range(len(names)), 2):
        own = outcomes.between((first, second))
        if not len(own.score):
            continue
        found = win_rate.measured(own.score, own.rater, own.scene, seed, crossed=False)
        interval = found.intervals[found.deciding]
        cells.append(Cell(names[first], names[second], len(own.score), found.rate, interval, found.deciding))
    return tuple(cells)
