"""How many threads there are to use, and how many are used."""

import os
from pathlib import Path

from experiments.doctor.fact import Fact, Places

CPU_MAX = Path("/sys/fs/cgroup/cpu.max")  # cgroup v2: "quota period" in microseconds, or "max period"


def threads(places: Places) -> list[Fact]:
    """Return cores, those this process may use, the limit of its container, and what OMP_NUM_THREADS asks for."""
    cores, usable, limit = os.cpu_count() or 1, _usable(), cpu_limit()
    asked = os.environ.get("OMP_NUM_THREADS", "")
    words = [f"{cores} cores"]
    words += [f"{usable} of them for this process"] if usable != cores else []
    words += [f"the container's limit is {limit:g}"] if limit is not None else []
    words.append(
        f"OMP_NUM_THREADS={asked}" if asked else "OMP_NUM_THREADS is not set: torch takes a thread for each core"
    )
    most = min(usable, limit or usable)
    number = int(asked) if asked.isdecimal() else cores
    if number > most:
        words.append(
            f"more threads than the {most:g} there are wait for each other: OMP_NUM_THREADS={max(1, int(most))} is faster"
        )
    broken = f"OMP_NUM_THREADS={asked}: is no number of threads; unset it" if asked and not asked.replace(",", "").isdecimal() else ""  # fmt: skip
    return [Fact("threads", "; ".join(words), broken, {"cores": cores, "usable": usable, "limit": limit, "omp": asked})]


def cpu_limit(path: Path = CPU_MAX) -> float | None:
    """Return how many processors a container may use at once, None where nothing limits it."""
    try:
        quota, period = path.read_text(encoding="ascii").split()
        return None if quota == "max" else int(quota) / int(period)
    except (OSError, ValueError):
        return None


def _usable() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
