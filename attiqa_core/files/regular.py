"""Regular files opened without waiting: a pipe, socket or device is told by name before a byte of it is read."""

import io
import os
import stat
from pathlib import Path
from typing import BinaryIO

from attiqa_core.errors import InputError

KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
WITHOUT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)
"""A pipe without a writer opens at once, a terminal does not become ours; of a regular file it changes nothing."""


def is_file(path: Path | str) -> bool:
    """Return whether a regular file is there, of a path with any name: one that is too long, or has a NUL, is none."""
    return os.path.isfile(path)  # noqa: PTH113 - a Path raises OSError for the former


def is_there(path: Path | str) -> bool:
    """Return whether anything is there, of a path with any name."""
    return os.path.exists(path)  # noqa: PTH110 - as above


def open_regular(path: Path, name: str | None = None) -> BinaryIO:
    """Return a regular file, opened to read bytes; `name` is what a message calls it.

    It is looked at after it was opened, so nothing can be put in its place between the two.
    Raises: InputError if it is missing, a folder, pipe, socket or device, a link that leads nowhere or in a circle, or
    may not be read.
    """
    name = name or str(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | WITHOUT_WAITING)
    except FileNotFoundError as error:
        # A listing cannot hold a name that is not UTF-8; `names.shown` wrote it out there.
        perhaps = ", or its name is not UTF-8; rename it" if "\\x" in name else " or folder"
        what = ", but a link to nothing; remove it" if os.path.islink(path) else perhaps  # noqa: PTH114
        raise InputError(f"{name}: no such file{what}") from error
    except IsADirectoryError as error:
        raise InputError(f"{name}: {_FOLDER}") from error
    except OSError as error:  # ENXIO is a socket's, which cannot be opened
        special = _special(path)
        raise InputError(f"{name}: {special or f'cannot be read ({error.strerror or error})'}") from error
    except ValueError as error:  # a NUL in the name
        raise InputError(f"{name}: cannot be opened ({error})") from error
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return io.BufferedReader(
            io.FileIO(path, opener=lambda *_: descriptor)
        )  # which knows its name, as tifffile asks
    os.close(descriptor)
    raise InputError(f"{name}: {_FOLDER if stat.S_ISDIR(mode) else _sentence(mode)}")


_FOLDER = "is a folder, not a file; rename it or name the files in it"


def _special(path: Path) -> str | None:
    try:
        mode = os.stat(path).st_mode  # noqa: PTH116 - of a path with any name
    except OSError:
        return None
    return None if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else _sentence(mode)


def _sentence(mode: int) -> str:
    return (
        f"is {KINDS.get(stat.S_IFMT(mode), 'no regular file')}, not a file; remove it, or copy what it holds to a file"
    )
