"""Paths in a manifest: any bytes as ASCII, and where relative ones begin."""

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote_from_bytes, unquote_to_bytes

from attiqa_core.errors import UsageError
from attiqa_core.remote.address import is_remote

READABLE = "/ ()+,=@[]!'&~"
"""What stays as it is, besides letters and digits: only what a line of JSON or ASCII has no place for is written as %E9."""


def listed(path: Path) -> str:
    """Return a path as a manifest holds it: names need not be UTF-8, and JSON has to be."""
    return quote_from_bytes(os.fsencode(path), safe=READABLE)


def path_of(text: str) -> Path:
    """Return the path that `listed` wrote."""
    return Path(os.fsdecode(unquote_to_bytes(text)))


def begins_in(paths: Iterable[Path]) -> str:
    """Return the folder that relative paths begin in, "" where all are absolute."""
    return os.getcwd() if any(not path.is_absolute() and not is_remote(path) for path in paths) else ""  # noqa: PTH109


def check_begins_here(folder: Path, begun_in: str) -> None:
    """Raises: UsageError if relative paths begin elsewhere than here, where they would name other files."""
    if begun_in and not os.path.samefile(begun_in, "."):  # noqa: PTH121
        raise UsageError(f"{folder}: its files were named as seen from {begun_in}; run every worker there")
