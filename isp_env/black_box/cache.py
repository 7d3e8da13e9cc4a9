"""What is kept of pictures, by content: one file each, whole or not there, shared by any number of processes."""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from filelock import FileLock
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from attiqa_core.files import replacing

Kept = dict[str, np.ndarray]
"""What is kept of one picture, by name."""


class ContentCache:
    """A folder of files named by a hash of all that a picture depends on."""

    def __init__(self, folder: Path):
        self.folder = Path(folder)

    @staticmethod
    def key(about: Mapping[str, object]) -> str:
        """Return the name of what depends on exactly this."""
        return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()

    def find(self, key: str) -> Kept | None:
        """Return what is kept under a key; None where nothing is, or what a full disk left of it."""
        try:
            return load_file(self._path(key))
        except (FileNotFoundError, SafetensorError):
            return None

    def keep(self, key: str, kept: Kept, about: Mapping[str, str]) -> None:
        """Write it in one step, with words for who looks into the file. Raises: ResourceError if the disk is full."""
        with replacing(self._path(key)) as temporary:
            save_file({name: np.ascontiguousarray(each) for name, each in kept.items()}, temporary, dict(about))

    @contextlib.contextmanager
    def making(self, key: str) -> Iterator[None]:
        """Hold a key: whoever else wants to make the same waits, and finds it then. The lock dies with its process."""
        path = self.folder / "locks" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(path):
                yield
        finally:
            path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.safetensors"
