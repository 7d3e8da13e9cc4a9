"""What is kept of pictures, by content: one file each, whole or not there, shared by any number of processes."""

import contextlib
import hashlib
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import replacing
from attiqa_core.machine.lacks import refuse_lack

Kept = dict[str, np.ndarray]
"""What is kept of one picture, by name."""
CHECKSUM = "crc32"
WAIT_S = 0.2  # between two looks at whether to go on waiting for a picture that another process makes


class ContentCache:
    """A folder of files named by a hash of all that a picture depends on."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)

    @staticmethod
    def key(about: Mapping[str, object]) -> str:
        """Return the name of what depends on exactly this."""
        return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()

    def find(self, key: str) -> Kept | None:
        """Return what is kept under a key; None where nothing is, or what cannot be read or is no longer what was written."""
        try:
            with safe_open(self._path(key), "np") as file:
                kept = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  no mapping
                written = (file.metadata() or {}).get(CHECKSUM)
        except (OSError, SafetensorError):
            return None
        return kept if written == _checksum(kept) else None

    def keep(self, key: str, kept: Kept, about: Mapping[str, str]) -> None:
        """Write it in one step, with words for who looks into the file.

        Raises: ResourceError if the disk is full; UsageError if nothing can be written there.
        """
        whole = {name: np.ascontiguousarray(each) for name, each in kept.items()}
        with self._writing(), replacing(self._path(key)) as temporary:
            save_file(whole, temporary, {**about, CHECKSUM: _checksum(whole)})

    @contextlib.contextmanager
    def making(self, key: str, stopped: Callable[[], bool]) -> Iterator[None]:
        """Hold a key: whoever else wants to make the same waits, and finds it then. The lock dies with its process.

        Raises: InputError once `stopped` says that there is nothing to wait for; UsageError as `keep`.
        """
        path = self.folder / "locks" / key
        with self._writing():
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path)
            while not lock.is_locked:
                if stopped():
                    raise InputError("was stopped")
                with contextlib.suppress(Timeout):
                    lock.acquire(timeout=WAIT_S)
        try:
            yield
        finally:
            lock.release()
            path.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            refuse_lack(error, self.folder)
            reason = error.strerror or error
            raise UsageError(
                f"{self.folder}: no pictures can be kept here ({reason}); name another --isp-cache"
            ) from error

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.safetensors"


def _checksum(kept: Kept) -> str:
    """Of names, types, shapes and contents: what a failing disk or another hand has changed is made again."""
    found = 0
    for name in sorted(kept):
        found = zlib.crc32(repr((name, kept[name].dtype.str, kept[name].shape)).encode(), found)
        found = zlib.crc32(kept[name].data, found)
    return f"{found:08x}"
