"""One run at a time in a folder, or one worker at a time on each part of it."""

import contextlib
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from attiqa_core.errors import UsageError
from attiqa_core.files.whole import write_text

PRIVATE = ".attiqa"
"""The folder, in a run's, of what is nobody's business: locks, and what is not finished."""


@contextlib.contextmanager
def only_run_in(folder: Path, verb: str, part: str | None = None) -> Iterator[None]:
    """A context in which no other process works in the folder, which is made, or in the same `part` of it.

    Parts, such as "0-of-3", run beside each other, and none beside a run of the whole. The system frees the lock with its
    process, however that ends. A folder in which nothing was written is left as it was found.
    Raises: UsageError naming who has it.
    """
    private, was_there = folder / PRIVATE, folder.is_dir()
    private.mkdir(parents=True, exist_ok=True)
    own = "lock" if part is None else f"lock-{part}"
    with contextlib.ExitStack() as held:
        held.enter_context(_held(folder, private / own, verb))
        for other in sorted(private.glob("lock-*")) if part is None else [private / "lock"]:
            if other.suffix != ".holder":
                with _held(folder, other, verb, says_so=False):
                    pass
        try:
            yield
        finally:
            if {path.name for path in folder.iterdir()} == {PRIVATE}:
                shutil.rmtree(private if was_there else folder, ignore_errors=True)


def is_unused(folder: Path) -> bool:
    """Return whether a folder holds nothing, or nothing but what is nobody's business."""
    return all(path.name == PRIVATE for path in folder.iterdir())


@contextlib.contextmanager
def _held(folder: Path, path: Path, verb: str, *, says_so: bool = True) -> Iterator[None]:
    lock, holder = FileLock(path, timeout=0, thread_local=False), path.with_name(f"{path.name}.holder")
    try:
        lock.acquire()
    except Timeout:
        who = _said(holder)
        raise UsageError(
            f"{folder}: another `attiqa {verb}`{who} is writing into it; wait for it, or name another folder with --out"
        ) from None
    try:
        if says_so:
            write_text(holder, f"process {os.getpid()} on {platform.node()}")
        yield
    finally:
        if says_so:
            holder.unlink(missing_ok=True)
        lock.release()


def _said(holder: Path) -> str:
    try:
        return f" ({holder.read_text(encoding='utf-8')})"
    except OSError:
        return ""
