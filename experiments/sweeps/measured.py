"""The number that a trial is judged by: of the part of its data that nobody trained on, out of its run folder."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.lines import read_lines
from attiqa_core.files.whole import read_json


@dataclass(frozen=True)
class Judged:
    """By what a command's runs are compared, what part of the data it is of, and whether metrics.jsonl has it as it goes."""

    metric: str
    part: str
    as_it_goes: bool = False


JUDGED_BY = {
    "train": Judged("validation_reward", "the validation scenes (--validate or --validation-share)", as_it_goes=True),
    "tools train": Judged(
        "validation_reward", "the validation photos (--validate or --validation-share)", as_it_goes=True
    ),
    "pretrain": Judged("held_out_ranking_accuracy", "the photos of --held-out", as_it_goes=True),
    "finetune": Judged("held_out.srocc", "the images of --hold-out"),
    "distil": Judged("srocc_photos", "photos that the student never saw"),
}
"""Verb -> what its summary.json, or the last line of its metrics.jsonl, calls the number."""


def measured(run: Path, metric: str) -> float:
    """Return a number of a finished run; dots lead into tables. Raises: InputError if it is not there or not finite."""
    summary = run / "summary.json"
    rows = [*([read_json(summary)] if summary.is_file() else []), *rows_so_far(run)[-1:]]
    found = next((value for row in rows if (value := _within(row, metric)) is not None), None)
    if found is None:
        raise InputError(f"{run}: neither summary.json nor metrics.jsonl has a number {metric}; name another metric")
    return found


def looks_so_far(run: Path, metric: str) -> list[float]:
    """Return a number as it was at each look at the validation part so far."""
    return [value for row in rows_so_far(run) if (value := _within(row, metric)) is not None]


def rows_so_far(run: Path) -> Sequence[Mapping[str, Any]]:
    """Return the rows of a run's metrics.jsonl that are whole."""
    path = run / "metrics.jsonl"
    return read_lines(path, "remove the trial's folder, and it is run again", unchecked_too=True)


def _within(row: Any, metric: str) -> float | None:
    for name in metric.split("."):
        row = row.get(name) if isinstance(row, Mapping) else None
    is_number = isinstance(row, int | float) and not isinstance(row, bool) and math.isfinite(row)
    return float(row) if is_number else None
