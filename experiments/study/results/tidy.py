"""Votes as tables: every answer in a row of its own, and the votes that count as choices between two pictures."""

from collections.abc import Mapping, Sequence

from attiqa_core.files.tables import csv_text
from experiments.study.folder import Study
from experiments.study.trials import SKIPPED
from experiments.study.vote import Vote

COLUMNS = (
    "rater", "position", "trial", "kind", "scene", "left", "right", "choice", "chosen", "seconds", "away_seconds",
    "zoomed", "revised", "repeat_of", "expected", "right_answer", "left_out",
)  # fmt: skip

CHOICE_WORDS = {1.0: "a", 0.75: "slightly-a", 0.5: "tie", 0.25: "slightly-b", 0.0: "b"}
"""How far a vote is one for the first of two pictures, in the words of votes.csv."""


def trials_csv(votes: Sequence[Vote], study: Study, left_out: Mapping[str, str]) -> str:
    """Return every answer as CSV, training and skipped pairs too; arms by their names.

    `left_out` says of a rater by which rules they are. A picture that is no arm's ("spoiled") is called by what it is.
    """
    rows = [_row(vote, study.arms, left_out) for vote in votes]
    return csv_text([COLUMNS, *rows])


def choices_of(votes: Sequence[Vote], study: Study) -> list[tuple[str, str, str, str, str]]:
    """Return votes as rows of `evaluation.votes.ImageVote`: two files of the study's pictures, the first arm's first, the rater, the
    choice of `CHOICE_WORDS`, and the scene."""
    found = []
    for vote in votes:
        of, files = vote.trial.comparison, study.scenes[vote.trial.scene].files
        word = CHOICE_WORDS[vote.score_of(of.first)]
        found.append((files[of.first], files[of.second], vote.rater, word, vote.trial.scene))
    return found


def _row(vote: Vote, arms: Mapping[str, str], left_out: Mapping[str, str]) -> tuple:
    trial = vote.trial
    left, right = (arms.get(arm, arm) for arm in (trial.left, trial.right))
    is_answer = vote.choice != SKIPPED
    chosen = {1: left, 0: "", -1: right}[(vote.left_score > 0.5) - (vote.left_score < 0.5)] if is_answer else ""
    right_answer = int(bool(vote.is_right)) if is_answer and trial.expected else ""
    return (
        vote.rater, vote.position, trial.trial, trial.kind, trial.scene, left, right, vote.choice, chosen,
        f"{vote.seconds:.3f}", f"{vote.away_s:.3f}", int(vote.zoomed), int(vote.revised), trial.repeat_of or "",
        trial.expected or "", right_answer, left_out.get(vote.rater, ""),
    )  # fmt: skip
