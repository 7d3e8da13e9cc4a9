"""One program run to its end, within a time: in a process group of its own, so that its children end with it.

A child that leaves the group (a daemon, by setsid) lives on; nothing waits for it.
"""

import contextlib
import os
import resource
import select
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from attiqa_core.photos.decode import MAX_BYTES

KEPT_BYTES = 4096  # of the beginning and of the end of what a program says
LEFT_BEHIND_S = 0.5  # for which what lies in a pipe is read once its program has ended, and its group is killed


@dataclass(frozen=True)
class Ended:
    """How a program ended: `code` below 0 is the signal that killed it; None: it was stopped, by its time-out or by us."""

    code: int | None
    said: str
    """The last line of its standard error, or, where there is none, of its output."""
    began: str = ""
    """The first line of its output, or, where there is none, of its standard error."""


class Listener:
    """Hears a program's words as they come, however many, and keeps the first and the last of them."""

    def __init__(self, pipe: IO[bytes]):
        self._first = self._last = b""
        self._pipe, self._enough = pipe, threading.Event()
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    def lines(self) -> tuple[str, str]:
        """Return the first and the last line, once nobody speaks any more, or has for LEFT_BEHIND_S; "" where nothing was said."""
        self._thread.join(LEFT_BEHIND_S)
        self._enough.set()
        self._thread.join()
        self._pipe.close()
        kept = [each.decode("utf-8", "replace").split("\n") for each in (self._first, self._last)]
        first, last = ([line.strip() for line in lines if line.strip()] or [""] for lines in kept)
        return first[0], last[-1]

    def _hear(self) -> None:
        ready = select.poll()
        ready.register(self._pipe)
        while not self._enough.is_set():
            if not ready.poll(100):  # ms
                continue
            if not (words := os.read(self._pipe.fileno(), 2**16)):
                return
            self._first += words[: KEPT_BYTES - len(self._first)]
            self._last = (self._last + words)[-KEPT_BYTES:]


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
        """Return how a program ended that ran in `folder`.

        At the time-out its whole group is killed, and likewise what it left behind when it ended. No file that it writes grows
        beyond MAX_BYTES, on Linux. Raises: OSError if there is no such program.
        """
        with self._lock:
            if self.stopped:
                return Ended(None, "")
            process = subprocess.Popen(
                list(words),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
            self._running.add(process)
        try:
            _limit(process, "RLIMIT_FSIZE", MAX_BYTES)
            if memory_mb is not None:
                _limit(process, "RLIMIT_AS", int(memory_mb * 2**20))
            assert process.stdout is not None and process.stderr is not None
            heard = [Listener(process.stderr), Listener(process.stdout)]
            try:
                code = process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                code = None
        finally:
            kill_group(process)
            process.wait()
            with self._lock:
                self._running.discard(process)
        (errors_began, errors_ended), (began, ended) = (each.lines() for each in heard)
        return Ended(None if self.stopped else code, errors_ended or ended, began or errors_began)

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


def _limit(process: subprocess.Popen, what: str, most: int) -> None:
    """Allow a program no more of something; a limit that it was born with stays where it is lower."""
    if not hasattr(resource, "prlimit"):  # Linux has it
        return
    kind = getattr(resource, what)
    with contextlib.suppress(ProcessLookupError):
        _, hard = resource.prlimit(process.pid, kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.prlimit(process.pid, kind, (most, most))
