"""What users wait for, timed: one module for each area, each figure beside the plain way of doing the same."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Row:
    """One line of the table: what was timed, its figure and unit, and a note."""

    what: str
    figure: float
    unit: str
    note: str = ""


def median_seconds(work: Callable[[], object], repeats: int, device: torch.device) -> float:
    """Return the median wall time of `work` after one run that warms up, the device's queue emptied each time."""

    def once() -> float:
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - start

    once()
    return statistics.median(once() for _ in range(repeats))
