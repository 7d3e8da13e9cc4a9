"""What a raw file tells about its capture, for the pictures made of it: camera, lens, dates, exposure, author, place."""

import functools
import io
import re
import struct
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from isp_env.raw_io.decoding.tiff_tags import SRATIONAL, UNDEFINED
from isp_env.raw_io.exif.fields import EXIF, FIELDS, GPS, LARGEST, LARGEST_SHORT, MAIN, RATIONALS, ExifField
from isp_env.raw_io.exif.tiff_blocks import Entry, TiffBlock, read_directory, tiff_block

EXIF_POINTER, GPS_POINTER, XMP = 0x8769, 0x8825, 700
DNG_NAMES = {0xC614: "Model", 0xC62F: "BodySerialNumber", 0xC630: "LensSpecification"}
"""DNG's own tags, for what the EXIF fields leave open: UniqueCameraModel, CameraSerialNumber, LensInfo."""
HEAD_BYTES = 1 << 20  # in which a container's EXIF blocks begin
LONGEST_TEXT = 2048  # characters; a JPEG has room for 65,533 bytes in all
JPEG_EXIF = re.compile(rb"Exif\0\0(?=II\*\0|MM\0\*)")
CR3_BLOCK = re.compile(rb"CMT([124])(?=II\*\0|MM\0\*)")  # boxes with TIFF headers: main, Exif, GPS
CR3_DIRECTORIES = {b"1": MAIN, b"2": EXIF, b"4": GPS}
MRW_BLOCK = re.compile(rb"\0TTW....(?=II\*\0|MM\0\*)", re.DOTALL)
XMP_RATING = re.compile(rb"xmp:Rating(?:=[\"']|>)\s*(-?\d)")
COMMENT_CODES = {b"ASCII\0\0\0": "utf-8", b"UNICODE\0": "utf-16", b"JIS\0\0\0\0\0": "iso2022_jp", bytes(8): "utf-8"}
SPEED_FIELDS = {1: "StandardOutputSensitivity", 2: "RecommendedExposureIndex", 3: "ISOSpeed"}  # by SensitivityType


def read_capture(path: Path) -> dict[str, Any]:
    """Return the fields of `fields.FIELDS` that a raw file holds, by their EXIF names, as values that JSON can hold.

    Texts are str, numbers int, ratios [numerator, denominator] exactly as the file has them, several of them a list. Fields that
    cannot be true (0/0, a negative exposure time, the 0th of month 0) are left out. A file that is damaged, cut off or no raw at
    all gives what could be read of it, in bounded time and memory; nothing is raised but OSError's for a file that is not there.

    Takes TIFF (DNG, NEF, CR2, ARW, PEF, ... and BigTIFF), ORF, RW2, CR3, RAF, X3F and MRW; CRW has no EXIF.
    """
    found: dict[str, Any] = {}
    path = Path(path)
    if not path.is_file():
        return found
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        for base, directory in _blocks(file, head):
            block = tiff_block(file, base)
            if block is not None:
                found = _fields(file, block, directory) | found
        if b"ftypcrx" in head[:16] and "Rating" not in found:
            found |= _rating(head)
    return _consistent(found)


def capture_of(exif: bytes) -> dict[str, Any]:
    """Return the same of an EXIF block: a TIFF header and what follows, with or without "Exif" before it."""
    file = io.BytesIO(exif.removeprefix(b"Exif\0\0"))
    block = tiff_block(file, 0)
    return {} if block is None else _consistent(_fields(file, block, MAIN))


def iso_speed(capture: dict[str, Any]) -> int | None:
    """Return the speed: PhotographicSensitivity, or where that is at its end (65535) the field that SensitivityType names."""
    speed = capture.get("PhotographicSensitivity")
    if speed is not None and speed < LARGEST_SHORT:
        return speed
    named = SPEED_FIELDS.get(capture.get("SensitivityType", 0))
    larger = [capture[name] for name in (named, *reversed(SPEED_FIELDS.values())) if name in capture]
    return larger[0] if larger else speed


def _blocks(file: BinaryIO, head: bytes) -> Iterator[tuple[int, str]]:
    """Where TIFF headers stand, the most telling first, and what their first directory is."""
    if head.startswith((b"II", b"MM")):
        yield 0, MAIN
        if not head.startswith(b"IIU\0"):
            return
    if head.startswith(b"FOVb"):
        yield from ((base, MAIN) for base in _in_sigma(file))
    elif b"ftypcrx" in head[:16]:
        yield from ((match.end(), CR3_DIRECTORIES[match[1]]) for match in CR3_BLOCK.finditer(head))
    else:
        first = JPEG_EXIF.search(head) or MRW_BLOCK.search(head)
        yield from [] if first is None else [(first.end(), MAIN)]


def _in_sigma(file: BinaryIO) -> Iterator[int]:
    """The EXIF of an X3F's JPEG pictures, through the directory of sections at its end (after ExifTool's SigmaRaw.pm)."""
    size = file.seek(0, 2)
    file.seek(max(size - 4, 0))
    start = int.from_bytes(file.read(4), "little")
    file.seek(start)
    header = file.read(12)
    if not header.startswith(b"SECd") or len(header) < 12:
        return
    sections = file.read(12 * min(int.from_bytes(header[8:], "little"), 100))
    for (offset,) in struct.iter_unpack("<I8x", sections[: len(sections) // 12 * 12]):
        file.seek(offset + 28)
        if (match := JPEG_EXIF.search(file.read(256))) is not None:
            yield offset + 28 + match.end()


def _fields(file: BinaryIO, block: TiffBlock, directory: str) -> dict[str, Any]:
    """The fields of a directory and of those that it points to; TIFF/EP and some DNG keep EXIF's in the main one."""
    if directory != MAIN:
        return _named(read_directory(file, block, block.first, _codes(directory)), directory)
    pointers = {EXIF_POINTER: EXIF, GPS_POINTER: GPS}
    wanted = {*_codes(MAIN), *_codes(EXIF), *pointers, XMP, *DNG_NAMES}
    main = read_directory(file, block, block.first, wanted)
    found = _named(main, MAIN)
    for code, name in pointers.items():
        offset = main.get(code)
        if isinstance(offset, list) and isinstance(offset[0], int):
            found |= _named(read_directory(file, block, offset[0], _codes(name)), name)
    dng = {name: _read(FIELDS[name], main[code]) for code, name in DNG_NAMES.items() if code in main}
    others = _named(main, EXIF) | {name: value for name, value in dng.items() if value is not None}
    return others | _rating(bytes(main.get(XMP, b""))) | found


def _rating(xmp: bytes) -> dict[str, Any]:
    match = XMP_RATING.search(xmp)
    return {} if match is None or not 0 <= int(match[1]) <= 5 else {"Rating": int(match[1])}


@functools.cache
def _codes(directory: str) -> Collection[int]:
    return frozenset(field.code for field in FIELDS.values() if field.directory == directory)


def _named(entries: dict[int, Entry], directory: str) -> dict[str, Any]:
    read = {
        name: _read(field, entries[field.code])
        for name, field in FIELDS.items()
        if field.directory == directory and field.code in entries
    }
    return {name: value for name, value in read.items() if value is not None}


def _read(field: ExifField, entry: Entry) -> Any:
    """The field's value; None if it has another type or length, or cannot be true."""
    if isinstance(entry, bytes):
        value = entry[0] if field.count == 1 and field.kind == UNDEFINED and entry else _decoded(field, entry)
        value = value if field.count == 0 or isinstance(value, int) else None
    else:
        value = _number(field, entry)
    return value if value is not None and field.is_true(value) else None


def _decoded(field: ExifField, content: bytes) -> str:
    """A text: UTF-8 as most write, Latin-1 otherwise; comments say in eight bytes what they are in."""
    encoding = "utf-8"
    if field.kind == UNDEFINED and content[:8] in COMMENT_CODES:
        encoding, content = COMMENT_CODES[content[:8]], content[8:]
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    parts = (part.strip() for part in text.split("\0"))
    return "; ".join(part for part in parts if part.isprintable() and part)[:LONGEST_TEXT]


def _number(field: ExifField, numbers: list[Any]) -> Any:
    are_ratios = isinstance(numbers[0], list)
    if field.kind not in LARGEST or are_ratios != (field.kind in RATIONALS):
        return None
    if field.count == 1 and not are_ratios:
        numbers = numbers[:1]  # some write a speed twice
    each = [number for ratio in numbers for number in ratio] if are_ratios else numbers
    smallest = -LARGEST[field.kind] if field.kind == SRATIONAL else 0
    if len(numbers) != field.count or not all(smallest <= number <= LARGEST[field.kind] for number in each):
        return None
    if are_ratios and field is not FIELDS["LensSpecification"] and any(below == 0 for _, below in numbers):
        return None
    return numbers[0] if field.count == 1 else numbers


def _consistent(found: dict[str, Any]) -> dict[str, Any]:
    """Without places that lack their hemisphere: half a place is another place."""
    for angle in ("GPSLatitude", "GPSLongitude", "GPSDestLatitude", "GPSDestLongitude"):
        if (angle in found) != (f"{angle}Ref" in found):
            found = {name: value for name, value in found.items() if name not in (angle, f"{angle}Ref")}
    return found
