"""An imported study on disk: its key, who its raters were, and all answers as a plain table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from attiqa_core.files.tables import csv_text
from attiqa_core.files.whole import write_json, write_text
from experiments.study.folder import write_key
from experiments.study.imports.as_study import Imported, code_of
from experiments.study.results.handed_in import VOTES_FORMAT, VOTES_VERSIONS, Answer, Answers

WHO_FILE = Path("private") / "raters.csv"
ANSWERS_FILE = Path("answers.csv")
RESULTS = Path("results")
"""One file for each rater, as if they had handed it in."""
ANSWER_COLUMNS = ("rater", "position", "kind", "scene", "left", "right", "choice", "seconds", "expected")


def write_imported(folder: Path, imported: Imported, made: Mapping[str, Any]) -> None:
    """Write the study's key, `WHO_FILE`, `ANSWERS_FILE` and `RESULTS` into `folder`."""
    write_key(folder, imported.study, made)
    write_text(folder / WHO_FILE, csv_text([("rater", "was"), *imported.names.items()]))
    write_text(folder / ANSWERS_FILE, csv_text([ANSWER_COLUMNS, *answer_rows(imported)]))
    for own in imported.names:
        write_json(folder / RESULTS / f"{own}.json", handed_in(imported, own))


def handed_in(imported: Imported, rater: str) -> dict[str, Any]:
    """Return a rater's votes as the page of a study without a server saves them."""
    study = imported.study
    answers = Answers(
        study=study.study,
        votes=[
            Answer(vote.trial.trial, vote.choice, round(vote.seconds * 1000))
            for vote in imported.votes
            if vote.rater == rater
        ],
        rater=rater,
        code=code_of(rater),
        protocol_sha256=study.protocol.sha256,
        complete=True,
    )
    return {"format": VOTES_FORMAT, "version": max(VOTES_VERSIONS), **msgspec.to_builtins(answers)}


def answer_rows(imported: Imported) -> list[tuple[Any, ...]]:
    """Return the answers with the arms' names, in `ANSWER_COLUMNS`, which `--from csv` reads again."""
    names = imported.study.arms
    rows = []
    for vote in imported.votes:
        trial = vote.trial
        sides = (names.get(side, side) for side in (trial.left, trial.right))
        said = (vote.rater, vote.position, trial.kind, trial.scene, *sides)
        rows.append((*said, vote.choice, vote.seconds, trial.expected or ""))
    return rows
