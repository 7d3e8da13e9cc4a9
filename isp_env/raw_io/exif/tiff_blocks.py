"""TIFF directories read with care: named numbers alone, each within bounds, whatever the file claims.

Not a library's: Pillow and exifread read every entry of a directory at the size that it claims (65,535 entries of the whole file in
one that is made so; exif-py issue 182), and exifread has no CR3 (issue 133).
"""

import struct
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, BinaryIO

LARGEST_BYTES = 65536  # of one entry that are read
MOST_NUMBERS = 64
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 13: 4}  # TIFF's type -> bytes
LETTERS = {1: "B", 3: "H", 4: "I", 5: "I", 6: "b", 8: "h", 9: "i", 10: "i", 13: "I"}

Entry = list[Any] | bytes
"""Whole numbers, ratios as [numerator, denominator], or the bytes of texts and undefined ones."""


@dataclass(frozen=True)
class TiffBlock:
    """A TIFF header at byte `base` of a file of `end` bytes: byte order, whether offsets have 8 bytes, the first directory."""

    base: int
    end: int
    order: str
    big: bool
    first: int


def tiff_block(file: BinaryIO, base: int) -> TiffBlock | None:
    """Return the header there, also of ORF (RO, RS) and RW2 (U), which count as TIFF; None for anything else."""
    end = file.seek(0, 2)
    file.seek(base)
    header = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(header[:2])
    if order is None or len(header) < 8:
        return None
    magic = struct.unpack(f"{order}H", header[2:4])[0]
    if magic == 43 and len(header) == 16:
        return TiffBlock(base, end, order, True, struct.unpack(f"{order}Q", header[8:])[0])
    if magic in (42, 0x55, 0x4F52, 0x5352):
        return TiffBlock(base, end, order, False, struct.unpack(f"{order}I", header[4:8])[0])
    return None


def read_directory(file: BinaryIO, block: TiffBlock, offset: int, wanted: Collection[int]) -> dict[int, Entry]:
    """Return the entries of those numbers in the directory at `offset`; those that are cut off or too long are not there."""
    entry_size, count_letter = (20, "Q") if block.big else (12, "I")
    count = _numbers(file, block, offset, "Q" if block.big else "H", 1)
    entries: dict[int, Entry] = {}
    if count is None:
        return entries
    table = _bytes(file, block, offset + (8 if block.big else 2), min(count[0], 65535) * entry_size)
    for start in range(0, len(table) - entry_size + 1, entry_size):
        code, kind, length = struct.unpack_from(f"{block.order}HH{count_letter}", table, start)
        if code in wanted and code not in entries and kind in SIZES and length:
            inline = table[start + entry_size - (8 if block.big else 4) : start + entry_size]
            value = _value(file, block, kind, length, inline)
            if value is not None:
                entries[code] = value
    return entries


def _value(file: BinaryIO, block: TiffBlock, kind: int, count: int, inline: bytes) -> Entry | None:
    plain = kind in (2, 7) or (kind == 1 and count > MOST_NUMBERS)  # texts, and what is none of our numbers
    if not plain and count > MOST_NUMBERS:
        return None
    size = min(SIZES[kind] * count, LARGEST_BYTES)
    content = inline[:size]
    if size > len(inline):
        content = _bytes(file, block, struct.unpack(f"{block.order}{'Q' if block.big else 'I'}", inline)[0], size)
    if plain or len(content) < size:
        return content if len(content) == size else None
    numbers = struct.unpack(f"{block.order}{size // struct.calcsize(LETTERS[kind])}{LETTERS[kind]}", content)
    return [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)] if kind in (5, 10) else list(numbers)


def _numbers(file: BinaryIO, block: TiffBlock, offset: int, letter: str, count: int) -> tuple[int, ...] | None:
    size = struct.calcsize(f"={letter}") * count
    content = _bytes(file, block, offset, size)
    return struct.unpack(f"{block.order}{count}{letter}", content) if len(content) == size else None


def _bytes(file: BinaryIO, block: TiffBlock, offset: int, size: int) -> bytes:
    """What there is of them."""
    if block.base + offset >= block.end:
        return b""
    file.seek(block.base + offset)
    return file.read(size)
