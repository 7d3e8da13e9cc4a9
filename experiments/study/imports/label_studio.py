"""Label Studio's export as JSON (or JSON-MIN) of a project that compares two pictures, by its tag Pairwise or by Choices.

Source: labelstud.io, "Label Studio JSON format of annotated tasks"; tags/pairwise.
"""

from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from experiments.study.imports.answers import Source
from experiments.study.imports.rows import Row, json_content


def read(path: Path) -> list[Row]:
    """Return one row for each annotation: the task's data, and `choice`, `annotator`, `lead_time`. Predictions are no votes."""
    content = json_content(path)
    if not isinstance(content, list) or not all(isinstance(task, dict) for task in content):
        raise InputError(f"{path}: is no list of tasks; export the project as JSON")
    return [row for number, task in enumerate(content, 1) for row in _of_task(path, number, task)]


def left_out(row: Row) -> str | None:
    """Return why an annotation is no vote: it was skipped."""
    return "is a task that was skipped" if row.values.get("was_cancelled") is True else None


def _of_task(path: Path, number: int, task: dict[str, Any]) -> list[Row]:
    annotations = task.get("annotations")
    if not isinstance(annotations, list):  # JSON-MIN
        choice = next((task[name] for name in ("choice", "pairwise", "comparison", "pw") if name in task), None)
        return [Row(path, f"task {number}", {**task, "choice": choice, "record": f"{task.get('annotation_id') or ''}"})]
    shown = task.get("data")
    shown = shown if isinstance(shown, dict) else {}
    rows = []
    for position, each in enumerate(annotations, 1):
        if isinstance(each, dict):
            said = {name: each.get(name) for name in ("was_cancelled", "lead_time")}
            record = f"annotation {each['id']}" if each.get("id") is not None else ""
            said |= {"choice": _choice(each), "annotator": _who(each.get("completed_by")), "record": record}
            rows.append(Row(path, f"task {number}, annotation {position}", {**shown, **said}))
    return rows


def _choice(annotation: dict[str, Any]) -> str:
    """What was selected, "" where nothing was or more than one thing."""
    results = annotation.get("result")
    found = []
    for result in results if isinstance(results, list) else []:
        value = result.get("value") if isinstance(result, dict) else None
        if not isinstance(value, dict):
            continue
        if result.get("type") == "pairwise":
            found.append(value.get("selected"))
        elif result.get("type") == "choices":
            found += value["choices"] if isinstance(value.get("choices"), list) else []
    return found[0] if len(found) == 1 and isinstance(found[0], str) else ""


def _who(said: Any) -> str:
    """An annotator's number or address."""
    if isinstance(said, dict):
        said = said.get("id") if said.get("id") is not None else said.get("email")
    return "" if said is None else str(said)[:200]


SOURCE = Source(
    read=read,
    columns={
        "rater": ("annotator",),
        "scene": ("scene",),
        "left": ("left", "image1", "img1", "image_left", "left_image", "image_a"),
        "right": ("right", "image2", "img2", "image_right", "right_image", "image_b"),
        "choice": ("choice",),
        "seconds": ("lead_time",),
        "kind": ("kind",),
        "expected": ("expected",),
        "record": ("record",),
    },
    words={},
    untold=(
        "that sides were drawn by chance: every annotator sees a task the same way round",
        "times are from opening the task to its submission",
        "consent, screens and languages",
    ),
    left_out=left_out,
)
