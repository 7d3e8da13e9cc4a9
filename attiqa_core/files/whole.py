"""Files that are whole or not there: atomic writes, JSON, hashes."""

import contextlib
import errno
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from attiqa_core.errors import ResourceError
from attiqa_core.files.described import read_json as read_json  # who writes whole files reads them here too
from attiqa_core.files.described import sealed


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it becomes `path` in one step, on failure it is removed.

    Raises: ResourceError if the disk is full; what stood at `path` before is untouched then.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ResourceError(f"{path}: the disk is full; free some space and run the command again") from error
        raise
    except SafetensorError as error:  # safetensors reports a full disk through its own class
        if "No space left" in str(error):
            raise ResourceError(f"{path}: the disk is full; free some space and run the command again") from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
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
