"""Data of jsPsych 8 (and 7), as JSON or CSV: one object for each trial; pairs are told by the trial's own `data`, or by two pictures in its HTML.

Source: jspsych.org, "Data": trial_type, trial_index, rt in ms, response (the index of the button from 0), stimulus.
"""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from experiments.study.imports.answers import Source
from experiments.study.imports.rows import Row, csv_rows, json_content

SIDES = ("left", "right")
RATER = ("rater", "participant", "participant_id", "subject", "subject_id", "PROLIFIC_PID", "prolific_pid", "run_id")


def read(path: Path) -> list[Row]:
    """Return the trials of one or many participants. Who is not named is called by the file, or by its part of the file."""
    rows = csv_rows(path) if path.suffix.lower() == ".csv" else _objects(path, json_content(path), path.stem)
    return [Row(row.file, row.place, _with_pictures(row.values, path.stem)) for row in rows]


def left_out(row: Row) -> str | None:
    """Return why a trial is none of pairs: instructions, breaks, surveys."""
    if any(row.values.get(side) in (None, "") for side in SIDES):
        kind = str(row.values.get("trial_type") or "of no type")[:40]
        return f"is a trial ({kind}) without two pictures"
    return None


def _objects(path: Path, content: Any, rater: str) -> list[Row]:
    if isinstance(content, dict) and isinstance(content.get("trials"), list):
        content = content["trials"]
    rows: list[Row] = []
    for number, each in enumerate(content if isinstance(content, list) else [], 1):
        if isinstance(each, dict):
            rows.append(Row(path, f"trial {number}", {"_who": rater, **each}))
        elif isinstance(each, list):
            rows += [
                Row(path, f"participant {number}, {row.place}", row.values)
                for row in _objects(path, each, f"{path.stem}-{number}")
            ]
    return rows


def _with_pictures(values: dict[str, Any], stem: str) -> dict[str, Any]:
    found = {"left": None, "right": None, "_who": stem, **values}
    named = next((values[name] for name in RATER if values.get(name)), None)
    found["rater"] = values.get("rater") or named or found["_who"]
    pictures = pictures_in(str(values.get("stimulus") or ""))
    if len(pictures) == 2:
        found |= {side: found[side] or picture for side, picture in zip(SIDES, pictures, strict=True)}
    return found


def pictures_in(html: str) -> list[str]:
    """Return the pictures that a piece of HTML shows, in its order."""
    finder = _Pictures()
    finder.feed(html[:1_000_000])
    return finder.found


class _Pictures(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "img" and name == "src" and value]


SOURCE = Source(
    read=read,
    columns={
        "rater": ("rater",),
        "scene": ("scene", "pair"),
        "left": ("left",),
        "right": ("right",),
        "choice": ("choice", "response"),
        "seconds": ("rt",),
        "kind": ("kind",),
        "expected": ("expected",),
    },
    words={"0": "left", "1": "right", "arrowleft": "left", "arrowright": "right"},
    untold=(
        "which button was which, unless --words says so: 0 counts as left and 1 as right",
        "how a session ended, unless its last trial says so",
        "consent, screens and languages",
    ),
    left_out=left_out,
    seconds_in_one=1000.0,
)
