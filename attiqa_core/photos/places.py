"""Whether, what and how much lies at a path, on this machine or at an address: the one place that asks which."""

import os
from collections.abc import Iterator, Set
from pathlib import Path

from attiqa_core.photos.decode import files_below as files_below_here
from attiqa_core.remote import store
from attiqa_core.remote.address import is_remote


def is_there(path: Path) -> bool:
    """Return whether a file, folder or link is there. Raises: InputError if nobody answers at an address."""
    return store.exists(path) if is_remote(path) else path.exists() or path.is_symlink()


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder."""
    return store.is_folder(path) if is_remote(path) else path.is_dir()


def size_of(path: Path) -> int:
    """Return a file's bytes. Raises: OSError or InputError if it is not there."""
    return store.size_of(path) if is_remote(path) else path.stat().st_size


def files_below(path: Path, suffixes: Set[str]) -> Iterator[Path]:
    """Yield the files of these suffixes at any depth below a folder, in the order of sorted paths, the hidden left out.

    Raises: InputError as `decode.files_below` and `remote.store.files_below`.
    """
    if not is_remote(path):
        return files_below_here(path, suffixes)
    return (file for file, _ in store.files_below(path) if file.suffix.lower() in suffixes)


def absolute(path: Path) -> Path:
    """Return a path from the root on, .. resolved and links kept; an address as it is."""
    return path if is_remote(path) else Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve follows links
