"""The TIFF directories of a DNG as plain numbers, texts and bytes; `dng_tags` gives them their meaning."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from attiqa_core.errors import InputError

CFA, LINEAR_RAW = 32803, 34892  # PhotometricInterpretation
WIDTH, HEIGHT, PHOTOMETRIC, DNG_VERSION, EXIF = 256, 257, 262, 50706, 34665
SAMPLES_PER_PIXEL, CFA_LAYOUT, RECTANGULAR, ACTIVE_AREA = 277, 50711, 1, 50829
STRIP_OFFSETS, STRIP_BYTES, TILE_OFFSETS, TILE_BYTES = 273, 279, 324, 325
MOST_DIRECTORIES = 1000  # of a file; a chain of more is taken to be damaged

Area = tuple[int, int, int, int]
"""Top, left, height and width in px."""

Tag = tuple[int, Any]
"""A tag's TIFF type and its value: a number, a text, bytes, or a tuple of numbers (two for each rational)."""


@dataclass(frozen=True)
class Directories:
    """The first directory of a DNG, that of its raw picture, both by tag number, and the Exif directory by field name.

    `byte_order`: of the file, as `struct` names it: what is in tags of bytes follows it.
    """

    first: Mapping[int, Tag]
    raw: Mapping[int, Tag]
    exif: Mapping[str, Any]
    byte_order: str = "<"


def read_directories(path: Path) -> Directories | None:
    """Return the directories, or None for a file that is no DNG.

    Raises: InputError if it is a DNG whose directories cannot be read or whose picture data end before they should.
    """
    try:
        with tifffile.TiffFile(path) as tiff:
            directories = list(_directories(tiff))
            first = directories[0] if directories else {}
            if DNG_VERSION not in first:
                return None
            raw = _raw_directory(path, directories)
            _check_whole(path, raw)
            exif = first[EXIF][1] if EXIF in first else {}
            return Directories(first, raw, exif if isinstance(exif, dict) else {}, str(tiff.byteorder))
    except tifffile.TiffFileError:
        return None
    except (ValueError, KeyError, IndexError, TypeError, OSError, ZeroDivisionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: damaged DNG directory ({error}); copy it from the camera again") from error


def stored_size(raw: Mapping[int, Tag]) -> tuple[int, int]:
    """Return height and width of the stored picture."""
    return int(raw[HEIGHT][1]), int(raw[WIDTH][1])


def active_area(raw: Mapping[int, Tag]) -> Area:
    """Return the area of the stored picture that holds light; all of it unless the file says otherwise."""
    height, width = stored_size(raw)
    edges = raw[ACTIVE_AREA][1] if ACTIVE_AREA in raw else (0, 0, height, width)
    top, left, bottom, right = (int(edge) for edge in edges)
    return top, left, bottom - top, right - left


def is_linear(directories: Directories) -> bool:
    """Return whether the raw picture is no mosaic any more but has three planes."""
    raw = directories.raw
    return raw[PHOTOMETRIC][1] == LINEAR_RAW and SAMPLES_PER_PIXEL in raw and raw[SAMPLES_PER_PIXEL][1] == 3


def is_staggered(directories: Directories) -> bool:
    """Return whether the mosaic's rows or columns are shifted against each other, as Fujifilm's SuperCCDs are."""
    return CFA_LAYOUT in directories.raw and directories.raw[CFA_LAYOUT][1] != RECTANGULAR


def _directories(tiff: tifffile.TiffFile) -> Iterator[dict[int, Tag]]:
    """Every directory of the file, sub-directories included; a chain that comes back to one of them ends there."""
    seen: set[int] = set()
    for page in tiff.pages:
        if page.offset in seen or len(seen) >= MOST_DIRECTORIES:
            return
        seen.add(page.offset)
        for directory in (page, *(page.pages or ())):  # type: ignore[union-attr]
            yield {tag.code: (int(tag.dtype), _plain(tag.value)) for tag in directory.tags.values()}  # type: ignore[union-attr]


def _plain(value: Any) -> Any:
    """A tag's value without numpy, enumerations and named tuples, which tifffile makes of some."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (bytes, str)) or value is None:
        return value
    if isinstance(value, np.ndarray | tuple | list):
        return tuple(_plain(each) for each in (value.ravel().tolist() if isinstance(value, np.ndarray) else value))
    return float(value) if isinstance(value, float | np.floating) else int(value)


def _raw_directory(path: Path, directories: Sequence[dict[int, Tag]]) -> dict[int, Tag]:
    raws = [tags for tags in directories if PHOTOMETRIC in tags and tags[PHOTOMETRIC][1] in (CFA, LINEAR_RAW)]
    if not raws:
        raise InputError(f"{path}: this DNG holds no raw picture; give the camera's original file")
    return max(raws, key=lambda tags: tags[WIDTH][1] * tags[HEIGHT][1])


def _check_whole(path: Path, raw: Mapping[int, Tag]) -> None:
    """LibRaw pads missing data with zeros: compare what the directory promises with the file."""
    offsets, counts = (TILE_OFFSETS, TILE_BYTES) if TILE_OFFSETS in raw else (STRIP_OFFSETS, STRIP_BYTES)
    end = int((np.atleast_1d(np.asarray(raw[offsets][1])) + np.asarray(raw[counts][1])).max())
    size = path.stat().st_size
    if end > size:
        raise InputError(f"{path}: truncated, {size} of at least {end} bytes; copy it from the camera again")
