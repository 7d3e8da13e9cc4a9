"""One run at a time in a folder."""

import contextlib
import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from attiqa_core.errors import UsageError
from attiqa_core.files.whole import write_text
from experiments.options.render_folder import PRIVATE


@contextlib.contextmanager
def only_run_in(folder: Path) -> Iterator[None]:
    """A context in which no other process has the lock of the folder, which is made; the system frees it with its process.

    A folder in which nothing was written is left as it was found, so that it blocks no mended command.
    Raises: UsageError if one has.
    """
    private, was_there = folder / PRIVATE, folder.is_dir()
    private.mkdir(parents=True, exist_ok=True)
    lock = FileLock(private / "lock", timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        raise UsageError(
            f"{folder}: another `attiqa render`{_holder(private)} is writing into it; wait for it, or name another "
            "folder with --out"
        ) from None
    try:
        write_text(private / "holder", f"process {os.getpid()} on {platform.node()}")
        yield
    finally:
        if {path.name for path in folder.iterdir()} == {PRIVATE}:
            shutil.rmtree(private if was_there else folder, ignore_errors=True)
        lock.release()


def _holder(private: Path) -> str:
    try:
        return f" ({(private / 'holder').read_text(encoding='utf-8')})"
    except OSError:
        return ""
