"""One program run to its end, within a time: in a process group of its own, so that its children end with it."""

import contextlib
import os
import resource
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAST_BYTES = 4096  # of what a program says


@dataclass(frozen=True)
class Ended:
    """How a program ended: `code` below 0 is the signal that killed it; None: it was stopped, by its time-out or by us."""

    code: int | None
    said: str
    """The last line of its standard error, or, where there is none, of its output."""


class Processes:
    """Programs that run now; `stop` kills them all, and lets no other begin."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen] = set()
        self._lock = threading.Lock()
        self.stopped = False

    def run(
        self,
        words: Sequence[str],
        folder: Path,
        timeout_s: float,
        memory_mb: float | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Ended:
        """Return how a program ended that ran in `folder`, where its words are kept while it runs.

        At the time-out its whole group is killed, and likewise what it left behind when it ended.
        Raises: OSError if there is no such program.
        """
        with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
            with self._lock:
                if self.stopped:
                    return Ended(None, "")
                process = subprocess.Popen(
                    list(words),
                    cwd=folder,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    env={**os.environ, **(environment or {})},
                    start_new_session=True,
                )
                self._running.add(process)
            if memory_mb is not None:
                _limit_memory(process, memory_mb)
            try:
                code = process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                kill_group(process)
                process.wait()
                with self._lock:
                    self._running.discard(process)
        return Ended(None if self.stopped else code, _last_line(folder / "stderr") or _last_line(folder / "stdout"))

    def stop(self) -> None:
        """Kill every program that runs, with its children."""
        with self._lock:
            self.stopped = True
            for process in self._running:
                kill_group(process)


def kill_group(process: subprocess.Popen) -> None:
    """Kill the process and all that it began; nothing happens where none of them is left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _limit_memory(process: subprocess.Popen, memory_mb: float) -> None:
    if hasattr(resource, "prlimit"):  # Linux
        most = int(memory_mb * 2**20)
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(process.pid, resource.RLIMIT_AS, (most, most))


def _last_line(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - LAST_BYTES))
        lines = file.read().decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
