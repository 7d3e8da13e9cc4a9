"""Matrices of numbers and lists of texts out of MATLAB's files of version 5 to 7, read without trust.

SciPy's reader ends the process (SIGSEGV) on some damaged files, and asks for whatever memory a size in the file claims.
Source: MathWorks, "MAT-File Format", chapter "Level 5 MAT-File Format".
"""

import math
import struct
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from attiqa_core.errors import InputError
from attiqa_core.files.damaged import refusing

LARGEST_BYTES = 64 * 2**20
"""Of the file, and of what it unpacks to."""
HEADER = 128
MATRIX, COMPRESSED = 14, 15
CELL, CHAR, DOUBLE, LAST_NUMBERS = 1, 4, 6, 15
COMPLEX = 0x800
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
TEXTS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
ORDERS = {b"IM": "<", b"MI": ">"}

Variable = list[str] | list[float]


def read_mat(path: Path, cure: str) -> dict[str, Variable]:
    """Return the variables of a file that are real matrices, as float64 column by column, or cells of texts; others are left out.

    Raises: InputError for what is no such file (one of version 7.3 is HDF5), or is damaged.
    """
    if path.stat().st_size > LARGEST_BYTES:
        raise InputError(f"{path}: has more than {LARGEST_BYTES // 2**20} MiB; {cure}")
    with refusing(path, cure):
        content = path.read_bytes()
        order, (version,) = ORDERS[content[126:128]], struct.unpack_from("<H", content, 124)
        if version not in (0x0100, 0x0001):
            raise ValueError("no MAT-file of version 5 to 7")
        named = [_variable(each, order) for kind, each in _elements(content[HEADER:], order) if kind == MATRIX]
        return {name: value for name, value in named if value is not None}


def _elements(content: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Yield the type and the bytes of each element, unpacked where they are packed."""
    at, left = 0, LARGEST_BYTES
    while at + 8 <= len(content):
        kind, size = struct.unpack_from(f"{order}II", content, at)
        start = at + 8
        if kind >> 16:  # a small one, whose four bytes stand in its tag
            kind, size, start = kind & 0xFFFF, kind >> 16, at + 4
        if start + size > len(content):
            raise EOFError("an element reaches beyond the end")
        inside = content[start : start + size]
        at = max(at + 8, start + size if kind == COMPRESSED else start + size + -size % 8 * (start == at + 8))
        if kind == COMPRESSED:
            unpacked = _unpacked(inside, left)
            left -= len(unpacked)
            yield from ((which, each) for which, each in _elements(unpacked, order) if which != COMPRESSED)
        else:
            yield kind, inside


def _unpacked(inside: bytes, most: int) -> bytes:
    unpacking = zlib.decompressobj()
    content = unpacking.decompress(inside, max(1, most))
    if not unpacking.eof:
        raise EOFError("a packed variable is cut off, or larger than any that is read")
    return content


def _variable(content: bytes, order: str) -> tuple[str, Variable | None]:
    """The name and the value of a matrix."""
    flags, shape, name, parts = _head(content, order)
    count, kind = math.prod(shape), flags & 0xFF
    if kind == CELL:
        texts = [_text(inside, order) for which, inside in parts if which == MATRIX]
        if len(texts) != count:
            raise ValueError(f"{len(texts)} cells of {count}")
        return name, None if None in texts else [text for text in texts if text is not None]
    if not DOUBLE <= kind <= LAST_NUMBERS or flags & COMPLEX:
        return name, None
    values = _numbers(parts[0], order)
    if len(values) != count:
        raise ValueError(f"{len(values)} numbers of {count}")
    return name, values


def _head(content: bytes, order: str) -> tuple[int, list[float], str, Sequence[tuple[int, bytes]]]:
    """The flags, shape and name of a matrix, and what comes after them."""
    (_, flags), shape, (_, name), *parts = list(_elements(content, order))
    return struct.unpack_from(f"{order}I", flags)[0], _numbers(shape, order), name.decode("ascii"), parts


def _numbers(element: tuple[int, bytes], order: str) -> list[float]:
    kind, inside = element
    return np.frombuffer(inside, f"{order}{NUMBERS[kind]}").astype(np.float64).tolist()


def _text(content: bytes, order: str) -> str | None:
    """A cell's text, of one row; None where it is none."""
    flags, shape, _, parts = _head(content, order)
    if flags & 0xFF != CHAR:
        return None
    kind, inside = parts[0] if parts else (16, b"")
    wide = {"<": "-le", ">": "-be"}[order] if TEXTS[kind] in ("utf-16", "utf-32") else ""
    text = inside.decode(TEXTS[kind] + wide)
    if len(shape) != 2 or shape[0] > 1:
        raise ValueError("a text of several rows")
    return text
