"""One server at a time on a store."""

import contextlib
import os
import platform
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from attiqa_core.errors import UsageError
from attiqa_core.files.whole import write_text


@contextlib.contextmanager
def only_server_of(store: Path) -> Iterator[None]:
    """A context in which no other process serves the store; the system frees it with its process, however that ends.

    Raises: UsageError naming who serves it.
    """
    store.parent.mkdir(parents=True, exist_ok=True)
    owner = store.with_name(f"{store.name}.owner")
    lock = FileLock(store.with_name(f"{store.name}.lock"), timeout=0, thread_local=False)
    try:
        lock.acquire()
    except Timeout:
        who = owner.read_text(encoding="utf-8") if owner.is_file() else "another process"
        raise UsageError(f"{store}: is served already by {who}; stop it, or name another file with --store") from None
    try:
        write_text(owner, f"process {os.getpid()} on {platform.node()}")
        yield
    finally:
        owner.unlink(missing_ok=True)
        lock.release()
