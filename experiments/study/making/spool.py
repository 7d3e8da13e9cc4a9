"""Encoded pictures on their way into a study: kept in one file without a name, written at last in order of their names.

Whatever a file system tells of files (the order of a folder or of a tar of it, inode numbers, times of birth) tells then the order
of random names, and not which picture of a scene was made first.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from experiments.study.making.alike import padded


@dataclass(frozen=True)
class Piece:
    """Where in the spool a picture lies, in bytes."""

    offset: int
    length: int


class Spool:
    """Pictures as bytes, one behind the other: only where they lie is kept in memory."""

    def __init__(self, file: IO[bytes]):
        self.file, self.end = file, 0

    def add(self, content: bytes) -> Piece:
        """Return where `content` lies from now on."""
        self.file.seek(self.end)
        self.file.write(content)
        piece = Piece(self.end, len(content))
        self.end += len(content)
        return piece

    def read(self, piece: Piece) -> bytes:
        """Return the bytes of a picture."""
        self.file.seek(piece.offset)
        return self.file.read(piece.length)


@contextmanager
def open_spool(folder: Path) -> Iterator[Spool]:
    """A context with an empty spool on the disk of `folder`; it has no name, and the system frees it with its process."""
    with tempfile.TemporaryFile(dir=folder) as file:
        yield Spool(file)


def write_in_name_order(folder: Path, pictures: Mapping[str, tuple[Piece, int]], spool: Spool) -> None:
    """Write pictures into a new folder; `pictures` maps a file's name to where it lies and to the bytes it is padded to."""
    folder.mkdir(parents=True)
    for name in sorted(pictures):
        piece, length = pictures[name]
        with (folder / name).open("xb") as file:
            file.write(padded(spool.read(piece), length))
