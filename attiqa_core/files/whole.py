"""Files that are whole or not there: atomic writes, JSON, hashes."""

import contextlib
import hashlib
import json
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attiqa_core.files.described import read_json as read_json  # who writes whole files reads them here too
from attiqa_core.files.described import sealed
from attiqa_core.machine.lacks import IN_WRITING, refuse_lack

TEMPORARY = ".attiqa-tmp-"
"""How every file begins that is being written, followed by its process's number: no user's file is called so."""

_asking = threading.Lock()
"""The mask can only be asked for by setting it: two threads at once would leave the process with none."""


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it becomes `path` in one step, on failure it is removed.

    Once it is over the file is there after a power cut as well, under its name.
    Raises: ResourceError if the disk is full, has no inodes, takes no larger file, or no further file may be opened, and
    OSErrors that name `path`; what stood there before is untouched then.
    """
    path = Path(path)
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f"{TEMPORARY}{os.getpid()}-", suffix=path.suffix)
        os.close(handle)
        temporary = Path(name)
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
        sync_folder(path.parent)
    except Exception as error:
        refuse_lack(error, path, IN_WRITING)
        if isinstance(error, OSError) and _is_beside(error.filename, path):
            error.filename, error.filename2 = str(path), None  # nobody knows the temporary one
        raise
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _is_beside(name: object, path: Path) -> bool:
    """Whether an error is about a hidden file in the folder of `path`: its temporary one."""
    return isinstance(name, str) and Path(name).parent == path.parent and Path(name).name.startswith(".")


def sync_folder(folder: Path) -> None:
    """Have the disk keep which files are in a folder, where the system lets a folder be asked for that."""
    with contextlib.suppress(OSError):  # Windows, and some network disks
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _umask() -> int:
    with _asking:
        mask = os.umask(0)
        os.umask(mask)
    return mask


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` atomically, as UTF-8."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, content: Any, *, seal: bool = False) -> None:
    """Write `content` to `path` atomically as indented JSON; NaN and infinity are refused.

    With `seal` the table carries the hash of itself, by which `read_json` notices what was changed since: for what nobody
    is to edit.
    """
    content = sealed(content) if seal else content
    write_text(path, json.dumps(content, indent=2, allow_nan=False) + "\n")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hexadecimal digits."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def user_cache() -> Path:
    """Return this project's folder in the user's cache ($XDG_CACHE_HOME or ~/.cache), which may not be there yet.

    Raises: RuntimeError where the user has no home.
    """
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "attiqa"
