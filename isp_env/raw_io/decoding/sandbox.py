"""Decoding in a child process, under limits: a file that crashes, hangs or fills the memory is one file that cannot be read.

A child lives for many files (it starts in about 0.2 s) and is replaced when it dies. As many live as callers decode at once; `MOST_IDLE` are kept.
"""

import atexit
import contextlib
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np

from attiqa_core.errors import InputError
from isp_env.raw_io.decoding.decoded import Decoded
from isp_env.raw_io.decoding.directories import Directories
from isp_env.raw_io.decoding.messages import read_message, write_message

PIPE_BYTES = 1 << 20
START_SECONDS = 60.0
MOST_IDLE = max(
    8, os.cpu_count() or 1
)  # children that wait for a next file: a hundred threads leave no hundred of them
CHILD = (sys.executable, "-P", "-m", "isp_env.raw_io.decoding.child")  # -P: no folder of the user's comes before ours
TRIES = 2  # of a file whose decoder somebody else ended: the system where memory is short, or a hand
FROM_OUTSIDE = tuple(-getattr(signal, name) for name in ("SIGKILL", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Exit codes of a decoder that no file can have crashed."""


@dataclass(frozen=True)
class Limits:
    """What one file may take: seconds of time, and GiB of address space (for the child as a whole)."""

    seconds: float = 120.0
    gib: float = 8.0


LIMITS = Limits()


@dataclass(frozen=True)
class Contents:
    """What was read of a raw file: by LibRaw, by tifffile if it is a DNG, and what `read_capture` tells of the capture."""

    decoded: Decoded
    directories: Directories | None
    capture: dict[str, Any]


def read_contents(path: Path, limits: Limits = LIMITS) -> Contents:
    """Return what a raw file holds, read in a child process. Raises: InputError with the file and the cure."""
    reply = _asked(path, limits, "contents")
    directories = reply["directories"]
    return Contents(Decoded(**reply["decoded"]), directories and Directories(**directories), reply["capture"])


def read_preview(path: Path, limits: Limits = LIMITS) -> np.ndarray:
    """Return the picture that a raw file has embedded, (H, W, 3) uint8, read in a child process. Raises: InputError if there is none."""
    return _asked(path, limits, "preview")["preview"]


class Ended(Exception):
    """A decoder was ended from outside, by which signal: the file is not to blame."""


def _asked(path: Path, limits: Limits, what: str) -> dict[str, Any]:
    how = ""
    for _ in range(TRIES):
        try:
            return _answered(path, limits, what)
        except Ended as error:
            how = str(error)
    raise InputError(
        f"{path}: its decoder was ended from outside ({how}) {TRIES} times, by the system if memory is short; close other "
        "programs or do less at once, and run the command again"
    )


def _answered(path: Path, limits: Limits, what: str) -> dict[str, Any]:
    child = _idle_child(limits)
    try:
        reply = child.ask(path, what)
    except BaseException:
        child.end()  # it is in the middle of something
        raise
    _keep(child)
    if "memory" in reply:
        raise InputError(
            f"{path}: needs more than {limits.gib:g} GiB to decode; it is damaged, or too large for this limit"
        )
    if "refused" in reply:
        raise InputError(reply["refused"])
    return reply


def _widen(pipe: IO[bytes] | None) -> None:
    """Let a picture come through in tens of turns between two processes, not hundreds, where the system can (Linux)."""
    try:
        import fcntl

        if pipe is not None:
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    except (ImportError, AttributeError, OSError):  # another system, or the user's pipes hold too much already
        return


class Child:
    """One process that decodes; `ask` is not for two threads at once."""

    def __init__(self, limits: Limits) -> None:
        self.limits, self.owner, self.late = limits, os.getpid(), False
        places = os.pathsep.join([path or os.getcwd() for path in sys.path])  # noqa: PTH109
        self.process = subprocess.Popen(
            [*CHILD, str(limits.gib)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": places, "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,
        )
        _widen(self.process.stdout)
        try:
            self._reply(START_SECONDS)  # that it is ready: no file is blamed for a slow start
        except EOFError as error:
            if not self.late and self.process.wait() in FROM_OUTSIDE:
                raise Ended(self._signal()) from error
            raise RuntimeError(f"the decoder's process does not start ({' '.join(self.process.args)})") from error  # type: ignore[arg-type]

    def ask(self, path: Path, what: str = "contents") -> dict[str, Any]:
        """Return the child's answer. Raises: InputError if it died of the file, or had no answer in time; Ended if it was killed."""
        assert self.process.stdin is not None
        where = {"path": os.fsencode(path), "folder": os.fsencode(Path.cwd())}
        try:
            write_message(self.process.stdin, {**where, "seconds": self.limits.seconds, "what": what})
            return self._reply(self.limits.seconds)
        except (EOFError, BrokenPipeError) as error:
            if not self.late and self.process.wait() in FROM_OUTSIDE:
                raise Ended(self._signal()) from error
            raise InputError(f"{path}: {self._cause()}; it is damaged: copy it from the camera again") from error

    def _reply(self, seconds: float) -> Any:
        """The next message, if it comes in time: else the process is killed, and its stream ends."""
        assert self.process.stdout is not None
        clock = threading.Timer(seconds, self._too_late)
        clock.daemon = True
        clock.start()
        try:
            return read_message(self.process.stdout)
        finally:
            clock.cancel()

    def _too_late(self) -> None:
        self.late = True
        self.process.kill()

    def _cause(self) -> str:
        code = self.process.wait()
        if self.late or code == -getattr(signal, "SIGXCPU", 0):
            return f"the decoder had not ended after {self.limits.seconds:g} s"
        return f"the decoder crashed on it ({self._signal() if code < 0 else f'exit {code}'})"

    def _signal(self) -> str:
        return signal.Signals(-self.process.wait()).name

    def is_there(self) -> bool:
        """Return whether it is this process's, for a fork's children are its parent's, and lives; what leads to a dead one is closed."""
        if self.owner == os.getpid() and self.process.poll() is not None:
            self.end()
        return self.owner == os.getpid() and self.process.returncode is None

    def end(self) -> None:
        """Kill it, and close what leads to it."""
        if self.owner == os.getpid():
            self.process.kill()
            with contextlib.suppress(OSError):  # a question that it did not take in
                self.process.__exit__(None, None, None)


_idle: list[Child] = []
_lock = threading.Lock()


def _idle_child(limits: Limits) -> Child:
    with _lock:
        _idle[:] = [child for child in _idle if child.is_there()]
        fitting = next((child for child in _idle if child.limits == limits), None)
        if fitting is not None:
            _idle.remove(fitting)
            return fitting
    return Child(limits)


def _keep(child: Child) -> None:
    with _lock:
        if len(_idle) < MOST_IDLE:
            _idle.append(child)
            return
    child.end()


@atexit.register
def _end_idle() -> None:
    """When the interpreter ends: none is left to be noticed as an open file or an unwatched process."""
    while _idle:
        _idle.pop().end()
