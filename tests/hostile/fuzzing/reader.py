"""What is fuzzed: a maker of small whole files, by our own writers, and the function that commands read them with."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Make = Callable[[Path], Any]
Read = Callable[[Path, Path], Any]
"""Of the folder, and of the file in it that was damaged."""


def _all(path: Path) -> bool:
    return not path.name.startswith(".")


@dataclass(frozen=True)
class Reader:
    """`make` fills an empty folder; one of its files that `damages` allows is damaged; then `read` is called.

    `share` is how many of its inputs are asked for beside others'; a raw's decoder starts a process for each.
    """

    name: str
    group: str
    make: Make
    read: Read
    damages: Callable[[Path], bool] = _all
    share: float = 1.0


def of_file(read: Callable[[Path], Any]) -> Read:
    """Return a reading of the damaged file alone."""
    return lambda folder, path: read(path)


def of_folder(read: Callable[[Path], Any]) -> Read:
    """Return a reading of the whole folder."""
    return lambda folder, path: read(folder)
