"""What Ctrl-C, a batch system's SIGTERM and a closed terminal do: one error that whoever cleans up sees, and a second one ends."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from attiqa_core.errors import one_line

SAME_S = 0.5
"""Seconds in which another signal is the same one: shells, `timeout`, srun and torchrun hand on what a terminal sends to all."""


class Terminated(KeyboardInterrupt):
    """SIGTERM: whoever cleans up at Ctrl-C cleans up here as well."""


class HungUp(KeyboardInterrupt):
    """SIGHUP: the terminal is closed."""


HEEDED: dict[int, type[KeyboardInterrupt]] = {
    signal.SIGINT: KeyboardInterrupt,
    signal.SIGTERM: Terminated,
    **({signal.SIGHUP: HungUp} if hasattr(signal, "SIGHUP") else {}),
}
SAID: dict[type[KeyboardInterrupt], tuple[int, str]] = {
    KeyboardInterrupt: (130, "interrupted"),
    Terminated: (143, "terminated"),
    HungUp: (129, "hung up"),
}
"""Exit code and word: 128 and the signal's number, as shells have it."""

_came: list[tuple[float, KeyboardInterrupt]] = []


@contextlib.contextmanager
def heeded() -> Iterator[None]:
    """A context in which the first signal raises and one that comes after SAME_S ends the process at once.

    What is on disk is whole at any moment, so that nothing but time is lost then. A signal that is ignored, as SIGHUP is
    under nohup and SIGINT in a script's background, stays so.
    """
    before = {number: signal.getsignal(number) for number in HEEDED}
    _came.clear()
    for number, former in before.items():
        if former is not signal.SIG_IGN:
            signal.signal(number, _heed)
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, signal.SIG_DFL if former is None else former)  # None: another language's
        _came.clear()


def stopped_by() -> KeyboardInterrupt | None:
    """Return what the first signal raised, None without one: a library may have made an error of its own of it."""
    return _came[0][1] if _came else None


def how_it_ended(stopped: KeyboardInterrupt) -> tuple[int, str]:
    """Return the exit code and the word for it."""
    return SAID.get(type(stopped), SAID[KeyboardInterrupt])


def _heed(number: int, frame: FrameType | None) -> None:
    now = time.monotonic()
    if not _came:
        _came.append((now, HEEDED[number]()))
        raise _came[0][1]
    if now - _came[0][0] >= SAME_S:
        _end_at_once(HEEDED[number])


def _end_at_once(kind: type[KeyboardInterrupt]) -> None:
    code, word = SAID[kind]
    with contextlib.suppress(OSError):
        os.write(2, f"\nattiqa: {one_line(word)} again; ended at once, what was finished is kept\n".encode())
    for process in _descendants(os.getpid()):
        with contextlib.suppress(OSError):
            os.kill(process, signal.SIGKILL)
    os._exit(code)


def _descendants(process: int) -> list[int]:
    """The processes that a process started, and theirs, where /proc tells."""
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            found += map(int, (task / "children").read_text(encoding="ascii").split())
    return [each for child in found for each in (child, *_descendants(child))]
