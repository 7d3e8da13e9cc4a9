"""A folder that is whole or not there: built beside its place, and what a killed process left of one is removed by the next."""

import contextlib
import errno
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from attiqa_core.errors import ResourceError

MARK = ".attiqa-building"
"""Ends the name of the file beside a folder that is being built, which is locked as long as its process lives."""


@contextlib.contextmanager
def building(out: Path) -> Iterator[Path]:
    """A context with a hidden folder beside `out` that becomes `out` when all went well and vanishes when not.

    Folders that were made above `out` vanish with it. Raises: ResourceError if the disk is full.
    """
    made = [each for each in out.parents if not each.exists()]
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        remove_dead(out.parent)
        with _locked_folder(out) as folder:
            yield folder
            folder.replace(out)
    except ResourceError as error:
        raise _full(out) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(out) from error
        raise
    finally:
        for each in made if not out.exists() else ():
            with contextlib.suppress(OSError):  # somebody else put something there
                each.rmdir()


def remove_dead(parent: Path) -> None:
    """Remove the folders in `parent` that processes were building which ended without a word, as `kill -9` ends them."""
    for mark in parent.glob(f".*{MARK}"):
        with contextlib.suppress(Timeout, OSError), FileLock(mark, timeout=0, thread_local=False):
            shutil.rmtree(_folder_of(mark), ignore_errors=True)
            mark.unlink(missing_ok=True)


@contextlib.contextmanager
def _locked_folder(out: Path) -> Iterator[Path]:
    """A context with a new folder beside `out` that nobody takes for a dead one; it is gone at the end, unless it was renamed."""
    lock = None
    while lock is None:
        mark = out.with_name(f".{out.name}.{secrets.token_hex(4)}{MARK}")
        lock = _held(mark)
    folder = _folder_of(mark)
    try:
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        mark.unlink(missing_ok=True)
        lock.release()


def _held(mark: Path) -> FileLock | None:
    """The lock of a new file, held; None if another process took it for a dead one's before."""
    lock = FileLock(mark, timeout=0, thread_local=False)
    with contextlib.suppress(Timeout):
        lock.acquire()
        if mark.exists():
            return lock
        lock.release()
    return None


def _folder_of(mark: Path) -> Path:
    return mark.with_name(mark.name.removesuffix(MARK))


def _full(out: Path) -> ResourceError:
    return ResourceError(f"{out}: the disk is full; free some space and run the command again")
