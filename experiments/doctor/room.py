"""Memory, disk, open files: how much there is before something is full."""

import os
import resource
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from attiqa_core.files.whole import user_cache
from experiments.doctor.fact import Fact, Places, gib

MEMORY_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)  # cgroup v2, v1
NO_LIMIT = 2**60
FEWEST_FILES = 256
LEAST_DISK = 2**28
SHARED = Path("/dev/shm")


def memory(places: Places) -> list[Fact]:
    """Return memory of the machine, the container's limit, the limit of the shell, and the size of /dev/shm."""
    total, free = _meminfo("MemTotal"), _meminfo("MemAvailable")
    limit, shell = memory_limit(), resource.getrlimit(resource.RLIMIT_AS)[0]
    words = [f"{gib(free)} free of {gib(total)}" if total else "not known"]
    words += [f"the container's limit is {gib(limit)}"] if limit is not None else []
    words += [f"ulimit -v allows {gib(shell)}"] if shell != resource.RLIM_INFINITY else []
    words += [f"/dev/shm {gib(shutil.disk_usage(SHARED).free)} free"] if SHARED.is_dir() else ["there is no /dev/shm"]
    return [Fact("memory", "; ".join(words), values={"total": total, "free": free, "container_limit": limit})]


def memory_limit(paths: tuple[Path, ...] = MEMORY_LIMITS) -> int | None:
    """Return the bytes that a container may use, None where nothing limits it."""
    for path in paths:
        try:
            number = int(path.read_text(encoding="ascii"))
        except (OSError, ValueError):  # "max"
            continue
        return number if number < NO_LIMIT else None
    return None


def disk(places: Places) -> list[Fact]:
    """Return what is free where results, the cache and temporary files go, and whether one may write there."""
    asked: dict[str, Callable[[], Path]] = {
        "results": lambda: places.out, "cache": user_cache, "temporary files": lambda: Path(tempfile.gettempdir())
    }  # fmt: skip
    return [_disk(name, where) for name, where in asked.items()]


def open_files(places: Places) -> list[Fact]:
    """Return how many files a process may hold open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = 0 <= soft < FEWEST_FILES
    broken = (
        f"open files: only {soft} are allowed; `ulimit -n 1024` in the shell that starts the command" if few else ""
    )
    return [Fact("open files", f"{soft}, at most {hard}", broken, {"soft": soft, "hard": hard})]


def _disk(name: str, where: Callable[[], Path]) -> Fact:
    try:
        place = where().absolute()
    except (RuntimeError, OSError) as error:
        return Fact(
            name, f"no folder ({error})", f"{name}: have no folder ({error}); set HOME, XDG_CACHE_HOME or TMPDIR"
        )
    there = next((folder for folder in (place, *place.parents) if folder.is_dir()), Path("/"))
    free = shutil.disk_usage(there).free
    broken = f"{place}: cannot be written to; choose another folder for {name}" if not os.access(there, os.W_OK) else ""
    if not broken and free < LEAST_DISK:
        broken = f"{place}: only {free / 2**20:.0f} MiB are free for {name}"
    return Fact(name, f"{gib(free)} free at {place}", broken, {"path": str(place), "free": free})


def _meminfo(name: str) -> int:
    """Bytes of a row of /proc/meminfo, 0 where there is none."""
    try:
        rows = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(row.split()[1]) * 1024 for row in rows if row.startswith(f"{name}:")), 0)
