"""One download at a time in a folder."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from attiqa_core.errors import UsageError

NAME = ".attiqa-get.lock"


@contextlib.contextmanager
def only_run_in(folder: Path) -> Iterator[None]:
    """A context in which no other process has the lock of the folder, which is made; the system frees it with its process.

    A folder that was made for it and in which nothing was written is removed. Raises: UsageError if another process has it.
    """
    was_there = folder.is_dir()
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / NAME, timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise UsageError(
            f"{folder}: another `attiqa fivek get` is writing into it; wait for it, or name another folder"
        ) from None
    try:
        yield
    finally:
        if not was_there and [path.name for path in folder.iterdir()] == [NAME]:
            shutil.rmtree(folder)
        lock.release()
