"""An imported study on disk: its key, who its raters were, and all answers as a plain table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attiqa_core.files import write_json, write_text
from experiments.study.cells import csv_text
from experiments.study.folder import write_key
from experiments.study.imports.as_study import Imported, code_of

WHO_FILE = Path("private") / "raters.csv"
ANSWERS_FILE = Path("answers.csv")
RESULTS = Path("results")
"""One file for each rater, as if they had handed it in."""
VOTES_FORMAT, VOTES_VERSION = "attiqa-study-votes", 2
ANSWER_COLUMNS = ("rater", "position", "kind", "scene", "left", "right", "choice", "seconds", "expected")


def write_imported(folder: Path, imported: Imported, made: Mapping[str, Any]) -> None:
    """Write the study's key, `WHO_FILE`, `ANSWERS_FILE` and `RESULTS` into `folder`."""
    write_key(folder, imported.study, made)
    people = [{"rater": own, "was": said} for own, said in sorted(imported.names.items())]
    write_text(folder / WHO_FILE, csv_text(("rater", "was"), people))
    write_text(folder / ANSWERS_FILE, csv_text(ANSWER_COLUMNS, answer_rows(imported)))
    for own in imported.names:
        write_json(folder / RESULTS / f"{own}.json", handed_in(imported, own))


def handed_in(imported: Imported, rater: str) -> dict[str, Any]:
    """Return a rater's votes as the page of a study without a server saves them."""
    own = [vote for vote in imported.votes if vote.rater == rater]
    return {
        "format": VOTES_FORMAT,
        "version": VOTES_VERSION,
        "study": imported.study.study,
        "protocol_sha256": imported.study.protocol.sha256,
        "code": code_of(rater),
        "rater": rater,
        "complete": True,
        "votes": [{"trial": vote.trial.trial, "choice": vote.choice, "ms": round(vote.seconds * 1000)} for vote in own],
    }


def answer_rows(imported: Imported) -> list[dict[str, Any]]:
    """Return the answers with the arms' names, in columns that `--from csv` reads again."""
    names = imported.study.arms
    return [
        {
            "rater": vote.rater,
            "position": vote.position,
            "kind": vote.trial.kind,
            "scene": vote.trial.scene,
            "left": names.get(vote.trial.left, vote.trial.left),
            "right": names.get(vote.trial.right, vote.trial.right),
            "choice": vote.choice,
            "seconds": vote.seconds,
            "expected": vote.trial.expected or "",
        }
        for vote in imported.votes
    ]
