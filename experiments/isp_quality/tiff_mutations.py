"""Damage as it happens to raw files, drawn at random: one change to a TIFF's directories, its samples, or its length."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
}  # bytes of each TIFF field type
FORMATS = {1: "B", 2: "B", 3: "H", 4: "I", 5: "I", 6: "b", 7: "B", 8: "h", 9: "i", 10: "i", 11: "f", 12: "d", 13: "I"}
SUB_DIRECTORIES, EXIF = 330, 34665
ENTRY = 12  # bytes


@dataclass(frozen=True)
class Entry:
    """One entry of a directory: where it stands in the file, and where its `count` values begin."""

    code: int
    kind: int
    count: int
    at: int
    values_at: int


def entries_of(content: bytes) -> list[Entry]:
    """Return every entry of every directory of a classic TIFF."""
    order, found, seen = "<" if content[:2] == b"II" else ">", [], set()
    waiting = [struct.unpack_from(order + "I", content, 4)[0]]
    while waiting:
        start = waiting.pop()
        if start in seen or not 0 < start < len(content):
            continue
        seen.add(start)
        (number,) = struct.unpack_from(order + "H", content, start)
        for at in range(start + 2, start + 2 + ENTRY * number, ENTRY):
            code, kind, count = struct.unpack_from(order + "HHI", content, at)
            size = SIZES.get(kind, 1) * count
            values_at = at + 8 if size <= 4 else struct.unpack_from(order + "I", content, at + 8)[0]
            found.append(Entry(code, kind, count, at, values_at))
            if code in (SUB_DIRECTORIES, EXIF):
                waiting += struct.unpack_from(f"{order}{count}I", content, values_at)
        waiting += struct.unpack_from(order + "I", content, start + 2 + ENTRY * number)
    return found


def mutated(content: bytes, generator: np.random.Generator) -> tuple[bytes, str]:
    """Return the file with one thing changed, and what it was, as "tag 50717: value 1 of 1 is 0"."""
    change = CHANGES[int(generator.choice(len(CHANGES), p=SHARES))]
    file = bytearray(content)
    return change(file, entries_of(content), generator)


def _value(file: bytearray, entries: list[Entry], generator: np.random.Generator) -> tuple[bytes, str]:
    """One number of a tag becomes an extreme, a neighbour, or anything at all."""
    entry = entries[int(generator.integers(len(entries)))]
    letter = FORMATS.get(entry.kind, "B")
    parts = 2 if entry.kind in (5, 10) else 1
    which = int(generator.integers(max(1, entry.count * parts)))
    order = "<" if file[:2] == b"II" else ">"
    at, size = entry.values_at + which * struct.calcsize(letter), struct.calcsize(letter)
    if letter in "fd":
        value = float(generator.choice([0, 1, -1, np.nan, np.inf, -np.inf, 1e30, 1e-30, generator.normal()]))
        new = struct.pack(order + letter, np.float32(value) if letter == "f" else value)
    else:
        old = int.from_bytes(file[at : at + size], "little" if order == "<" else "big")
        most = 256**size - 1
        near = (old + 1, old - 1, old * 2, old // 2, old * 100, old ^ (1 << int(generator.integers(8 * size))))
        choices = (0, 1, 2, most, most // 2, int(generator.integers(most)), *near)
        value = choices[int(generator.integers(len(choices)))] % (most + 1)
        new = value.to_bytes(size, "little" if order == "<" else "big")
    file[at : at + size] = new
    return bytes(file), f"tag {entry.code}: number {which + 1} of {entry.count * parts} is {value:g}"


def _type(file: bytearray, entries: list[Entry], generator: np.random.Generator) -> tuple[bytes, str]:
    entry, kind = entries[int(generator.integers(len(entries)))], int(generator.integers(0, 20))
    file[entry.at + 2 : entry.at + 4] = kind.to_bytes(2, "little" if file[:2] == b"II" else "big")
    return bytes(file), f"tag {entry.code}: type {entry.kind} is {kind}"


def _count(file: bytearray, entries: list[Entry], generator: np.random.Generator) -> tuple[bytes, str]:
    entry = entries[int(generator.integers(len(entries)))]
    choices = (
        0,
        1,
        entry.count - 1,
        entry.count + 1,
        entry.count * 2,
        2**31,
        2**32 - 1,
        int(generator.integers(2**20)),
    )
    count = choices[int(generator.integers(len(choices)))] % 2**32
    file[entry.at + 4 : entry.at + 8] = count.to_bytes(4, "little" if file[:2] == b"II" else "big")
    return bytes(file), f"tag {entry.code}: count {entry.count} is {count}"


def _offset(file: bytearray, entries: list[Entry], generator: np.random.Generator) -> tuple[bytes, str]:
    entry = entries[int(generator.integers(len(entries)))]
    offset = int(generator.choice([0, entry.at, len(file) - 2, 2**32 - 1, int(generator.integers(len(file)))]))
    file[entry.at + 8 : entry.at + 12] = offset.to_bytes(4, "little" if file[:2] == b"II" else "big")
    return bytes(file), f"tag {entry.code}: value or offset is {offset}"


def _code(file: bytearray, entries: list[Entry], generator: np.random.Generator) -> tuple[bytes, str]:
    entry = entries[int(generator.integers(len(entries)))]
    code = int(generator.choice([entry.code ^ (1 << int(generator.integers(16))), int(generator.integers(65536))]))
    file[entry.at : entry.at + 2] = code.to_bytes(2, "little" if file[:2] == b"II" else "big")
    return bytes(file), f"tag {entry.code} is tag {code}"


def _directory_bits(file: bytearray, entries: list[Entry], generator: np.random.Generator) -> tuple[bytes, str]:
    places = [at for entry in entries for at in range(entry.at, entry.at + ENTRY)]
    at, bit = int(generator.choice(places)), int(generator.integers(8))
    file[at] ^= 1 << bit
    code = next(entry.code for entry in entries if entry.at <= at < entry.at + ENTRY)
    return bytes(file), f"tag {code}: bit {bit} of byte {at} is flipped"


def _data_bits(file: bytearray, entries: list[Entry], generator: np.random.Generator) -> tuple[bytes, str]:
    count = int(generator.integers(1, 20))
    for at in generator.integers(8, len(file), count):
        file[at] ^= 1 << int(generator.integers(8))
    return bytes(file), f"{count} bits anywhere are flipped"


def _end(file: bytearray, entries: list[Entry], generator: np.random.Generator) -> tuple[bytes, str]:
    length = int(generator.integers(len(file)))
    return bytes(file[:length]), f"{length} of {len(file)} bytes"


Change = Callable[[bytearray, list[Entry], np.random.Generator], tuple[bytes, str]]
CHANGES: tuple[Change, ...] = (_value, _type, _count, _offset, _code, _directory_bits, _data_bits, _end)
SHARES = (0.4, 0.07, 0.1, 0.1, 0.08, 0.1, 0.1, 0.05)
