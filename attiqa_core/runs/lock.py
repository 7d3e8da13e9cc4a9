"""One run at a time in a folder, or one worker at a time on each part of it, or one writer at a time of a file."""

import contextlib
import errno
import hashlib
import json
import os
import platform
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, SoftFileLock, Timeout

from attiqa_core.errors import UsageError
from attiqa_core.files.whole import write_text

PRIVATE = ".attiqa"
"""The folder, in a run's, of what is nobody's business: locks, how a run ended, and what is not finished."""
STATE = "run.json"
"""In there: how a run stands."""
PLANNING = "planning"
"""In there: the lock of the worker that lists what is to be done."""
NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP)
"""What a network disk without a service of locks says."""

_open: set[Path] = set()
"""Folders that this process holds for all that is called under it."""


@contextlib.contextmanager
def only_run_in(folder: Path, verb: str, part: str | None = None, *, opened: bool = False) -> Iterator[None]:
    """A context in which no other process works in the folder, which is made, or in the same `part` of it.

    Parts, such as "0-of-3", run beside each other, and none beside a run of the whole. `opened`: what is called under it
    may ask for the same folder again and has it already. The system frees the lock with its process, however that ends;
    where the disk knows no locks, a file that only one process can make stands for it. A folder in which nothing was
    written is left as it was found.
    Raises: UsageError naming who has it, since when, and what to do if that is no more.
    """
    place = folder.resolve()
    if place in _open:
        yield
        return
    private, made = folder / PRIVATE, [each for each in (folder, *folder.parents) if not each.exists()]
    private.mkdir(parents=True, exist_ok=True)
    own = "lock" if part is None else f"lock-{part}"
    try:
        with contextlib.ExitStack() as held:
            held.enter_context(_held(folder, private / own, verb))
            for other in _others(private, part):
                with _held(folder, other, verb, says_so=False):
                    pass
            if opened:
                _open.add(place)
                held.callback(_open.discard, place)
            held.callback(_leave_as_found, folder, f"{own}.holder", was_there=not made)
            yield
    finally:
        for each in made[1:]:
            with contextlib.suppress(OSError):  # somebody's by now
                each.rmdir()


@contextlib.contextmanager
def only_writer_of(file: Path, verb: str, option: str = "--out") -> Iterator[None]:
    """A context in which no other process writes the file, or makes the folder. Nothing of it is left.

    Raises: UsageError naming who does, and the option by which another place is named.
    """
    private, was_there = file.parent / PRIVATE, file.parent.is_dir()
    private.mkdir(parents=True, exist_ok=True)
    path = private / f"of-{hashlib.sha256(file.name.encode(errors='surrogateescape')).hexdigest()[:16]}"
    try:
        with _held(file, path, verb, option), contextlib.ExitStack() as ended:
            ended.callback(path.unlink, missing_ok=True)
            yield
    finally:
        with contextlib.suppress(OSError):  # another run's is beside it
            private.rmdir()
            if not was_there:
                file.parent.rmdir()


def refuse_busy(folder: Path, verb: str) -> None:
    """Raises: UsageError naming who has the folder, if a run holds it as a whole; nothing is made or changed."""
    lock = folder / PRIVATE / "lock"
    if folder.resolve() not in _open and lock.is_file() and os.access(lock, os.W_OK):
        with _held(folder, lock, verb, says_so=False):
            pass


def is_unused(folder: Path) -> bool:
    """Return whether a folder holds nothing, or nothing but locks and how a run stands."""
    return all(path.name == PRIVATE for path in folder.iterdir()) and holds_no_work(folder)


def holds_no_work(folder: Path) -> bool:
    """Return whether no unfinished work lies in a folder's PRIVATE."""
    private = folder / PRIVATE
    names = [path.name for path in private.iterdir()] if private.is_dir() else []
    return all(name == STATE or name.startswith(("lock", "of-", PLANNING)) for name in names)


def _leave_as_found(folder: Path, holder: str, *, was_there: bool) -> None:
    """Remove what the lock made in a folder in which nothing was written and nobody else is at work."""
    private = folder / PRIVATE
    if folder.is_dir() and is_unused(folder) and {path.name for path in private.glob("*.holder")} <= {holder}:
        shutil.rmtree(private if was_there else folder, ignore_errors=True)


def _others(private: Path, part: str | None) -> list[Path]:
    if part is not None:
        return [private / "lock"]
    return sorted(path for path in private.glob("lock-*") if path.suffix not in (".holder", ".soft"))


@contextlib.contextmanager
def _held(
    place: Path, path: Path, verb: str, option: str = "--out", *, says_so: bool = True
) -> Iterator[None]:
    holder = path.with_name(f"{path.name}.holder")
    try:
        lock = _acquired(path)
    except Timeout as busy:
        raise UsageError(_refusal(place, Path(busy.lock_file), holder, verb, option)) from None
    try:
        if says_so:
            since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            told = {"process": os.getpid(), "host": platform.node(), "verb": verb, "since": since}
            write_text(holder, json.dumps(told) + "\n")
        yield
    finally:
        if says_so:
            holder.unlink(missing_ok=True)
        lock.release()


def _acquired(path: Path) -> FileLock | SoftFileLock:
    """The lock, held. Raises: Timeout if another process has it."""
    soft = SoftFileLock(path.with_name(f"{path.name}.soft"), timeout=0, thread_local=False)
    lock = FileLock(path, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except OSError as error:
        if isinstance(error, Timeout) or error.errno not in NO_LOCKS:
            raise
        soft.acquire()
        return soft
    except NotImplementedError:  # how filelock says ENOSYS, before its version 4
        soft.acquire()
        return soft
    return lock


def _refusal(place: Path, lock: Path, holder: Path, verb: str, option: str) -> str:
    who, host = "", None
    with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
        told = json.loads(holder.read_text(encoding="utf-8"))
        verb, host = told["verb"], told["host"]
        who = f" (process {told['process']} on {host} since {told['since']})"
    gone = ""
    if host not in (None, platform.node()) or lock.suffix == ".soft":
        gone = f"; if that process is no more (`ps -p` there tells), remove {lock} and {holder}"
    return (
        f"{place}: another `attiqa {verb}`{who} is writing into it; wait for it, or name another place with {option}{gone}"
    )
