"""Which votes count, and as what: those of main pairs, as scores of one arm against another. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.study.trials import SKIPPED
from experiments.study.vote import Vote


def answered(votes: Iterable[Vote], *kinds: str) -> list[Vote]:
    """Return the votes of these kinds of trials that were not skipped; of all kinds if none is named."""
    return [vote for vote in votes if vote.choice != SKIPPED and (not kinds or vote.trial.kind in kinds)]


def main_votes(votes: Iterable[Vote]) -> list[Vote]:
    """Return the votes that a result counts: of each rater on each comparison the first."""
    first: dict[tuple, Vote] = {}
    for vote in answered(votes, "main"):
        first.setdefault((vote.rater, vote.trial.comparison), vote)
    return list(first.values())


def of_pair(votes: Iterable[Vote], first: str, second: str) -> list[Vote]:
    """Return the votes between two arms."""
    return [vote for vote in votes if {vote.trial.left, vote.trial.right} == {first, second}]


def pairs_of(votes: Iterable[Vote]) -> list[tuple[str, str]]:
    """Return the pairs of arms that were voted on, each and all in order of the arms."""
    return sorted({(vote.trial.comparison.first, vote.trial.comparison.second) for vote in votes})


@dataclass(frozen=True)
class Scored:
    """Votes as aligned arrays: how far each is one for the first arm (1, 0.75, 0.5, 0.25 or 0), its rater and its scene."""

    scores: np.ndarray
    raters: np.ndarray
    scenes: np.ndarray

    @classmethod
    def of(cls, votes: Sequence[Vote]) -> "Scored":
        """The votes as scores of the first arm of each one's comparison."""
        return cls(
            np.array([vote.score_of(vote.trial.comparison.first) for vote in votes], float),
            np.array([vote.rater for vote in votes]),
            np.array([vote.trial.scene for vote in votes]),
        )

    def where(self, chosen: np.ndarray) -> "Scored":
        """Those of the votes that `chosen` is true for."""
        return Scored(self.scores[chosen], self.raters[chosen], self.scenes[chosen])
