"""Batch results of Mechanical Turk, as its requester's page saved them until it closed in 2026.

Source: Requester UI guide, "Download results": HITId, AssignmentId, WorkerId, AssignmentStatus, WorkTimeInSeconds, Input.*, Answer.*,
Approve and Reject, in which reviewers wrote an x or a reason.
"""

import json
from pathlib import Path
from typing import Any

from experiments.study.imports.answers import Source
from experiments.study.imports.rows import Row, csv_rows

TRUE = ("true", "1", "on", "yes")


def read(path: Path) -> list[Row]:
    """Return the assignments of a batch, boxes of a crowd-form unpacked: Answer.choice.left = true is Answer.choice = left."""
    return [Row(row.file, row.place, _unpacked(row.values)) for row in csv_rows(path)]


def left_out(row: Row) -> str | None:
    """Return why an assignment does not count: it was rejected, or never handed in."""
    status = str(row.values.get("AssignmentStatus") or "").strip().lower()
    if status == "rejected" or str(row.values.get("Reject") or "").strip():
        return "is an assignment that was rejected"
    if status not in ("", "approved", "submitted"):
        return f"is an assignment that is {status[:30]}"
    return None


def _unpacked(values: dict[str, Any]) -> dict[str, Any]:
    unpacked = dict(values)
    try:
        packed = json.loads(values.get("Answer.taskAnswers") or "null")
    except (ValueError, RecursionError):
        packed = None
    for form in packed if isinstance(packed, list) else []:
        for name, said in form.items() if isinstance(form, dict) else ():
            boxes = said if isinstance(said, dict) else {}
            chosen = _only([box for box, is_ticked in boxes.items() if is_ticked is True])
            unpacked.setdefault(f"Answer.{name}", chosen if boxes else said)
    ticked: dict[str, list[str]] = {}
    for column, cell in values.items():
        name, _, box = column.removeprefix("Answer.").partition(".")
        if column.startswith("Answer.") and box:
            ticked.setdefault(name, []).extend([box] if str(cell).strip().lower() in TRUE else [])
    return {f"Answer.{name}": _only(boxes) for name, boxes in ticked.items()} | unpacked


def _only(boxes: list[str]) -> str:
    """The one that is ticked; two say nothing."""
    return boxes[0] if len(boxes) == 1 else ""


def _inputs(side: str, number: str, letter: str) -> tuple[str, ...]:
    words = (side, f"image_{side}", f"{side}_image", f"{side}_url", f"url_{side}", f"img_{side}", f"image_{letter}")
    return tuple(
        f"Input.{word}" for word in (*words, f"image{number}", f"image_{number}", f"img{number}", f"image_url_{number}")
    )


SOURCE = Source(
    read=read,
    columns={
        "rater": ("WorkerId",),
        "scene": ("Input.scene",),
        "left": _inputs("left", "1", "a"),
        "right": _inputs("right", "2", "b"),
        "choice": ("Answer.choice", "Answer.preference", "Answer.answer", "Answer.selected", "Answer.winner"),
        "seconds": ("WorkTimeInSeconds",),
        "record": ("AssignmentId",),
    },
    words={},
    untold=(
        "which pairs were checks or repeats (a pair that comes again counts as a repeat)",
        "times are of the whole assignment, its reading included, and not of the pair",
        "screens, consent and languages",
    ),
    left_out=left_out,
)
