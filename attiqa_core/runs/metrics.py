"""The numbers of a run as they come: a line of JSON each in its `metrics.jsonl`."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attiqa_core.files.lines import append_line, keep_lines

METRICS = "metrics.jsonl"


def append_metrics(folder: Path, row: Mapping[str, Any]) -> None:
    """Append one line to the run's `metrics.jsonl`; a number that is not finite is null there, as JSON has none."""
    append_line(Path(folder) / METRICS, finite(row))


def keep_metrics(folder: Path, kept: Callable[[Mapping[str, Any]], bool]) -> None:
    """Take rows that are not `kept` out of the run's `metrics.jsonl`, if it has one, and a last line that was cut off.

    Raises: InputError for a line that is damaged.
    """
    keep_lines(Path(folder) / METRICS, kept, "take that line out of it, and go on with --resume")


def finite(value: Any) -> Any:
    """Return a value for JSON, which has no number that is not finite: null stands in its place, however deep it lies."""
    if isinstance(value, Mapping):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
