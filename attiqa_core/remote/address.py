"""What an address is. It travels as a Path, which has one slash where the address has two: s3:/bucket/a.jpg."""

import re
from pathlib import Path

SCHEMES = ("http", "https", "s3", "gs", "az", "hf", "file", "memory")
"""Whose file systems are read. fsspec knows more, among them such that run what a file says; these do not."""

READ_ONLY = ("http", "https")

_ADDRESS = re.compile(rf"({'|'.join(SCHEMES)}):/+(.*)", re.DOTALL)


def address_of(path: Path | str) -> str | None:
    """Return the address that a path stands for, None for a path of this machine. A folder named "s3:" is ./s3: there."""
    found = _ADDRESS.fullmatch(str(path))
    if found is None:
        return None
    return f"{found[1]}:///{found[2]}" if found[1] == "file" else f"{found[1]}://{found[2]}"


def is_remote(path: Path | str) -> bool:
    """Return whether a path stands for an address."""
    return address_of(path) is not None


def survives_as_path(word: str) -> bool:
    """Return whether a word of the command line means the same as a Path: an address with // or /./ in it does not."""
    return not is_remote(word) or address_of(Path(word)) == address_of(word.rstrip("/"))


def as_written(path: Path | str) -> str:
    """Return a path as people write it: the address where it stands for one."""
    return address_of(path) or str(path)
