"""The TIFF directories of a DNG as plain numbers, texts and bytes, without what cannot be true; the room `dng_tags` gives them meaning."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from attiqa_core.errors import InputError
from isp_env.raw_io.decoding.plausible import plausible_exif, plausible_tags
from isp_env.raw_io.decoding.plausible_layout import checked_layout
from isp_env.raw_io.decoding.tiff_tags import (
    ACTIVE_AREA,
    CFA,
    COLOR_MATRICES,
    DNG_VERSION,
    EXIF,
    HEIGHT,
    LINEAR_RAW,
    PHOTOMETRIC,
    STRIP_BYTES,
    STRIP_OFFSETS,
    TILE_BYTES,
    TILE_OFFSETS,
    UNREADABLE,
    WIDTH,
    Area,
    Tag,
    number,
    numbers,
)

HEADER_BYTES = 8  # of a TIFF; 16 of a BigTIFF
MOST_DIRECTORIES = 1000  # of a file; a chain of more is taken to be damaged


@dataclass(frozen=True)
class Directories:
    """The first directory of a DNG, that of its raw picture, both by tag number, and the Exif directory by field name.

    `raw_number`: which of `raw_pages` the raw picture is; `doubts`: a few words on each tag that cannot be true, and was left out;
    `byte_order`: of the file, as `struct` names it: what is in tags of bytes follows it.
    """

    first: Mapping[int, Tag]
    raw: Mapping[int, Tag]
    exif: Mapping[str, Any]
    raw_number: int = 0
    doubts: tuple[str, ...] = ()
    byte_order: str = "<"


def read_directories(path: Path) -> Directories | None:
    """Return the directories, or None for a file that is no DNG.

    Raises: InputError if it is a DNG whose directories cannot be read, or cannot be true where it matters, or whose picture
    data end before they should.
    """
    try:
        with tifffile.TiffFile(path) as tiff:
            pages, byte_order = list(raw_pages(tiff)), str(tiff.byteorder)
            directories = [_tags(page) for page in pages]
        first = directories[0] if directories else {}
        if DNG_VERSION not in first:
            _check_no_dng(path, first, directories)
            return None
        which = _raw_number(path, directories)
        _check_whole(path, directories[which], _places(pages))
        return replace(_without_doubtful(path, first, directories[which], which), byte_order=byte_order)
    except tifffile.TiffFileError:
        return None
    except UNREADABLE as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: damaged DNG directory ({error}); copy it from the camera again") from error


def active_area(raw: Mapping[int, Tag]) -> Area:
    """Return the area of the stored picture that holds light; all of it unless the file says otherwise."""
    whole = (0, 0, number(raw, HEIGHT, 0), number(raw, WIDTH, 0))
    top, left, bottom, right = (int(edge) for edge in numbers(raw, ACTIVE_AREA) or whole)
    return top, left, bottom - top, right - left


def raw_pages(tiff: tifffile.TiffFile) -> Iterator[tifffile.TiffPage]:
    """Every directory of the file, sub-directories included; a chain that comes back to one of them ends there."""
    seen: set[int] = set()
    for page in tiff.pages:
        if page.offset in seen or len(seen) >= MOST_DIRECTORIES:
            return
        seen.add(page.offset)
        yield page  # type: ignore[misc]
        for below in page.pages or ():  # type: ignore[union-attr]
            if below.offset in seen or len(seen) >= MOST_DIRECTORIES:
                break
            seen.add(below.offset)
            yield below  # type: ignore[misc]


def _places(pages: Sequence[tifffile.TiffPage]) -> list[int]:
    """Where the directories begin, their entries stand, and their longer values lie."""
    return [
        place for page in pages for tag in page.tags.values() for place in (page.offset, tag.offset, tag.valueoffset)
    ]


def _tags(page: tifffile.TiffPage) -> dict[int, Tag]:
    return {tag.code: (int(tag.dtype), _plain(tag.value)) for tag in page.tags.values()}


def _plain(value: Any) -> Any:
    """A tag's value without numpy, enumerations and named tuples, which tifffile makes of some."""
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, (bytes, str)) or value is None:
        return value
    if isinstance(value, np.ndarray | tuple | list):
        return tuple(_plain(each) for each in (value.ravel().tolist() if isinstance(value, np.ndarray) else value))
    return float(value) if isinstance(value, float | np.floating) else int(value)


def _check_no_dng(path: Path, first: Mapping[int, Tag], directories: Sequence[dict[int, Tag]]) -> None:
    """A DNG that lost its version would be read without its colours."""
    is_mosaic = any(PHOTOMETRIC in tags and tags[PHOTOMETRIC][1] in (CFA, LINEAR_RAW) for tags in directories)
    if is_mosaic and COLOR_MATRICES[0] in first:
        raise InputError(f"{path}: has a DNG's ColorMatrix1 but no DNGVersion; copy it from the camera again")


def _raw_number(path: Path, directories: Sequence[dict[int, Tag]]) -> int:
    kinds = {which: tags[PHOTOMETRIC][1] for which, tags in enumerate(directories) if PHOTOMETRIC in tags}
    raws = [which for which, kind in kinds.items() if kind in (CFA, LINEAR_RAW)]
    if not raws:
        raise InputError(
            f"{path}: this DNG holds no raw picture (PhotometricInterpretation {', '.join(map(str, kinds.values())) or 'none'}); "
            "give the camera's original file"
        )
    return max(raws, key=lambda which: directories[which][WIDTH][1] * directories[which][HEIGHT][1])


def _check_whole(path: Path, raw: Mapping[int, Tag], places: Sequence[int]) -> None:
    """LibRaw pads missing data with zeros: compare what the directory promises with the file."""
    offsets, counts = (TILE_OFFSETS, TILE_BYTES) if TILE_OFFSETS in raw else (STRIP_OFFSETS, STRIP_BYTES)
    if offsets not in raw or counts not in raw:
        raise InputError(f"{path}: does not say where its picture data lie (tags {offsets}, {counts}); copy it again")
    starts = np.atleast_1d(np.asarray(raw[offsets][1]))
    ends = starts + np.asarray(raw[counts][1])
    end = int(ends.max())
    size = path.stat().st_size
    if end > size:
        raise InputError(f"{path}: truncated, {size} of at least {end} bytes; copy it from the camera again")
    if starts.min() < HEADER_BYTES or any(((starts <= place) & (place < ends)).any() for place in places):
        raise InputError(
            f"{path}: its picture data lie over its directories (tag {offsets}); copy it from the camera again"
        )


def _without_doubtful(path: Path, first: dict[int, Tag], raw: dict[int, Tag], which: int) -> Directories:
    exif = first[EXIF][1] if EXIF in first else {}
    kept_exif, doubts = plausible_exif(exif if isinstance(exif, dict) else {})
    kept_first, of_first = plausible_tags(path, first)
    kept_raw, of_raw = plausible_tags(path, raw)
    kept_raw, of_layout = checked_layout(path, kept_raw)
    every = tuple(dict.fromkeys((*of_first, *of_raw, *of_layout, *doubts)))
    return Directories(kept_first, kept_raw, kept_exif, which, every)
