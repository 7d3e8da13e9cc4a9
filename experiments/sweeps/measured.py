"""The number that a trial is judged by: of the part of its data that nobody trained on, out of its run folder."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.lines import read_lines
from attiqa_core.files.whole import read_json
from attiqa_core.runs.metrics import METRICS


@dataclass(frozen=True)
class Judged:
    """By what a command's runs are compared, and what part of the data it is of."""

    metric: str
    part: str


JUDGED_BY = {
    "train": Judged("validation_reward", "the validation scenes (--validate or --validation-share)"),
    "tools train": Judged("validation_reward", "the validation photos (--validate or --validation-share)"),
    "pretrain": Judged("held_out_ranking_accuracy", "the photos of --held-out"),
    "finetune": Judged("held_out.srocc", "the images of --hold-out"),
    "distil": Judged("srocc_photos", "photos that the student never saw"),
}
"""Verb -> what its summary.json, or the last line of its metrics.jsonl, calls the number."""


def measured(run: Path, metric: str) -> float:
    """Return a number of a finished run; dots lead into tables. Raises: InputError if it is not there or not finite."""
    summary = run / "summary.json"
    rows = [read_json(summary)] if summary.is_file() else []
    rows += read_lines(run / METRICS, "run the trial again in another sweep", unchecked_too=True)[-1:]
    found = next((value for row in rows if (value := _within(row, metric)) is not None), None)
    if found is None:
        raise InputError(f"{run}: neither summary.json nor metrics.jsonl has a number {metric}; name another metric")
    return found


def _within(row: Any, metric: str) -> float | None:
    for name in metric.split("."):
        row = row.get(name) if isinstance(row, Mapping) else None
    is_number = isinstance(row, int | float) and not isinstance(row, bool) and math.isfinite(row)
    return float(row) if is_number else None
