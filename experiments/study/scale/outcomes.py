"""Votes on any number of arms as arrays, and which of the arms have a place on one scale. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from experiments.study.trials import SKIPPED
from experiments.study.vote import Vote


@dataclass(frozen=True)
class Outcomes:
    """Comparisons, a row each: indices of both arms in `arms`, the score of the first (1 to 0), indices of rater and scene."""

    arms: tuple[str, ...]
    first: np.ndarray
    second: np.ndarray
    score: np.ndarray
    rater: np.ndarray
    scene: np.ndarray

    @property
    def raters(self) -> int:
        """How many voted."""
        return len(np.unique(self.rater))

    @property
    def scenes(self) -> int:
        """How many were voted on."""
        return len(np.unique(self.scene))

    @property
    def wins(self) -> np.ndarray:
        """How often each arm (row) won over each other one (column), a tie half a win, "slightly" three quarters."""
        counts = np.zeros((len(self.arms),) * 2)
        np.add.at(counts, (self.first, self.second), self.score)
        np.add.at(counts, (self.second, self.first), 1 - self.score)
        return counts

    def between(self, arms: Sequence[int]) -> "Outcomes":
        """The comparisons of two of these arms, which are numbered anew."""
        kept = np.isin(self.first, arms) & np.isin(self.second, arms)
        number = np.full(len(self.arms), -1)
        number[list(arms)] = np.arange(len(arms))
        names = tuple(self.arms[arm] for arm in arms)
        rows = (column[kept] for column in (self.score, self.rater, self.scene))
        return Outcomes(names, number[self.first[kept]], number[self.second[kept]], *rows)


def outcomes_of(votes: Iterable[Vote], arms: Sequence[str]) -> Outcomes:
    """Return the main votes on two of `arms`; what was skipped, trained on or asked as a check counts for nothing."""
    counting = [
        vote
        for vote in votes
        if vote.trial.kind == "main" and vote.choice != SKIPPED and {vote.trial.left, vote.trial.right} <= set(arms)
    ]
    place = {arm: index for index, arm in enumerate(arms)}
    sides = np.array([(place[vote.trial.left], place[vote.trial.right]) for vote in counting], int).reshape(-1, 2)
    scores = np.array([vote.left_score for vote in counting])
    flipped = sides[:, 0] > sides[:, 1]
    sides.sort(axis=1)
    rater, scene = (
        np.unique(np.array(names, str), return_inverse=True)[1]
        for names in ([vote.rater for vote in counting], [vote.trial.scene for vote in counting])
    )
    return Outcomes(tuple(arms), sides[:, 0], sides[:, 1], np.where(flipped, 1 - scores, scores), rater, scene)


def on_one_scale(wins: np.ndarray) -> list[int]:
    """Return the arms of the largest group in which every arm has won over every other one, directly or through others.

    Those alone have a finite strength (Ford 1957, American Mathematical Monthly 64(8)); of groups of one size, that with
    most votes.
    """
    groups = _groups(wins > 0, "strong")
    return max(groups, key=lambda group: (len(group), wins[np.ix_(group, group)].sum()))


def why_left_out(wins: np.ndarray, arms: Sequence[str]) -> dict[int, str]:
    """Return a sentence for each arm that has no finite strength on the scale of `on_one_scale`."""
    scale = on_one_scale(wins)
    together = next(group for group in _groups((wins + wins.T) > 0, "weak") if scale[0] in group)
    above = _reached(wins > 0, scale)
    sentences = {}
    for arm in sorted(set(range(len(arms))) - set(scale)):
        names = " and ".join(arms[other] for other in scale) if len(scale) < 4 else "the others"
        if arm not in together:
            sentences[arm] = (
                f"{arms[arm]} was never compared with {names}, not even through others: it has no place beside them"
            )
        elif arm in above:
            sentences[arm] = (
                f"{arms[arm]} never won over {names}, not even through others: below them, by how much is not known"
            )
        elif scale[0] in _reached(wins > 0, [arm]):
            sentences[arm] = (
                f"{arms[arm]} never lost to {names}, not even through others: above them, by how much is not known"
            )
        else:
            sentences[arm] = f"{arms[arm]} cannot be placed: how it stands to {names} does not follow from these votes"
    return sentences


def _reached(won: np.ndarray, start: Sequence[int]) -> set[int]:
    """The arms that those of `start` have won over, directly or through others."""
    found, waiting = set(start), list(start)
    while waiting:
        beaten = set(np.flatnonzero(won[waiting.pop()]).tolist()) - found
        found |= beaten
        waiting += beaten
    return found


def _groups(arrows: np.ndarray, connection: str) -> list[list[int]]:
    _, labels = connected_components(csr_array(arrows.astype(int)), connection=connection)
    return [np.flatnonzero(labels == label).tolist() for label in np.unique(labels)]
