"""From the rows of a score table to rated images: the checks that all data sets share."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from attiqa_core.datasets.folders import Folders, image_folder
from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.datasets.rated import UNUSED, RatedImages
from attiqa_core.errors import InputError, first_of

Look = Literal["all", "present", "listed"]
"""What to do about image files: all must be there, absent ones are left out, or the disk is not looked at."""


@dataclass(frozen=True)
class Row:
    """One image of a data set's table: `name` is its path below the image folder, `line` where the table says so."""

    line: int
    name: str
    mos: float
    split: str | None = None
    group: str | None = None
    attributes: tuple[float, ...] | None = None


def rated_images(
    table: Path,
    rows: Sequence[Row],
    images: Path | Sequence[Path],
    name: str,
    mos_range: MosRange | None,
    look: Look = "all",
    notes: Sequence[str] = (),
) -> RatedImages:
    """Return the rows as RatedImages, checked; one listing per folder, no look at single files.

    `images` is the image folder, or where it may be: then the one that holds the first image is taken.
    Without a declared range the smallest and largest MOS are its ends. Raises: InputError naming table and line for a
    name that leaves the folder, a duplicate, an absent image; or for constant MOS, or MOS outside the declared range.
    """
    if not rows:
        raise InputError(f"{table}: holds no rows; fetch or write the table again")
    images = images if isinstance(images, Path) else image_folder(images, rows[0].name)
    paths = _paths(table, rows, images, look)
    kept = [(row, path) for row, path in zip(rows, paths, strict=True) if path is not None]
    if not kept:
        raise InputError(f"{images}: holds none of the {len(rows)} images of {table}; put them there or name --images")
    declared = _checked_range(table, [row for row, _ in kept], mos_range)
    if len(kept) < len(rows):
        absent = [row.name for row, path in zip(rows, paths, strict=True) if path is None]
        notes = (*notes, f"{len(absent)} of {len(rows)} listed images are absent: {first_of(absent)}")
    first = kept[0][0]
    return RatedImages(
        tuple(path for _, path in kept),
        np.array([row.mos for row, _ in kept], dtype=np.float32),
        declared,
        name,
        tuple(row.split or UNUSED for row, _ in kept) if any(row.split for row, _ in kept) else None,
        tuple(row.group or row.name for row, _ in kept) if any(row.group for row, _ in kept) else None,
        np.array([row.attributes for row, _ in kept], dtype=np.float32) if first.attributes else None,
        tuple(notes),
    )


def _paths(table: Path, rows: Sequence[Row], images: Path, look: Look) -> list[Path | None]:
    """The file of each row, None where it is absent and may be."""
    folders, seen = Folders(), dict[str, int]()
    paths: list[Path | None] = []
    for row in rows:
        name = os.path.normpath(row.name)  # pathlib is several times slower, and AVA has 255,530 rows
        if name.startswith((os.sep, "\\")) or ".." in row.name.replace("\\", "/").split("/"):
            raise InputError(f"{table}, line {row.line}: {row.name} leaves the image folder; use paths inside {images}")
        if (before := seen.setdefault(name, row.line)) != row.line:
            raise InputError(
                f"{table}, line {row.line}: {row.name} is rated twice, first in line {before}; keep one row per image"
            )
        path = images / row.name if look == "listed" else folders.find(images / row.name)
        if path is None and look == "all":
            others = sum(folders.find(images / other.name) is None for other in rows) - 1
            more = f", nor {others} others" if others else ""
            raise InputError(
                f"{table}, line {row.line}: no image {images / row.name}{more}; correct the name, give --images FOLDER,"
                " or go without absent images with --allow-missing"
            )
        paths.append(path)
    return paths


def _checked_range(table: Path, rows: Sequence[Row], declared: MosRange | None) -> MosRange:
    lowest, highest = min(rows, key=lambda row: row.mos), max(rows, key=lambda row: row.mos)
    if len(rows) < 2:
        raise InputError(f"{table}: only one rated image is left; at least two are needed")
    if lowest.mos == highest.mos:
        raise InputError(
            f"{table}: every image has the MOS {lowest.mos:g}; a scorer cannot learn from a constant column"
        )
    if declared is None:
        return MosRange(lowest.mos, highest.mos)
    for row in (lowest, highest):
        if not declared.low <= row.mos <= declared.high:
            raise InputError(
                f"{table}, line {row.line}: MOS {row.mos:g} is outside the declared"
                f" {declared.low:g} to {declared.high:g}; correct the score or the range"
            )
    return declared
