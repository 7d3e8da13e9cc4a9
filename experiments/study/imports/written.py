"""An imported study on disk: its key, who its raters were, and all answers as a plain table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attiqa_core.files import write_text
from experiments.study.cells import csv_text
from experiments.study.folder import write_key
from experiments.study.imports.as_study import Imported

WHO_FILE = Path("private") / "raters.csv"
ANSWERS_FILE = Path("answers.csv")
ANSWER_COLUMNS = ("rater", "position", "kind", "scene", "left", "right", "choice", "seconds", "expected")


def write_imported(folder: Path, imported: Imported, made: Mapping[str, Any]) -> None:
    """Write the study's key, `WHO_FILE` and `ANSWERS_FILE` into `folder`."""
    write_key(folder, imported.study, made)
    people = [{"rater": own, "was": said} for own, said in sorted(imported.names.items())]
    write_text(folder / WHO_FILE, csv_text(("rater", "was"), people))
    write_text(folder / ANSWERS_FILE, csv_text(ANSWER_COLUMNS, answer_rows(imported)))


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
