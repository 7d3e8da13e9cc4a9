"""Images with human scores, whatever data set they come from."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import torch

from attiqa_core.datasets.folders import Folders
from attiqa_core.errors import InputError
from attiqa_core.scorer import MosRange
from attiqa_core.tensors import AttributeScores, Scores

TRAIN, VAL, TEST, UNUSED = "train", "val", "test", "unused"

Look = Literal["all", "present", "listed"]
"""What to do about image files: all must be there, absent ones are left out, or the disk is not looked at."""


@dataclass(frozen=True)
class RatedImages:
    """Images with human scores: `mos` on the data set's own scale, whose ends are `mos_range`; higher is better.

    `split` is the official part of each image: "train", "val", "test", or "unused" where no official list names it;
    None where the data set has no official split. `groups` names what a split must not tear apart: the reference or
    prompt of each image. `attributes` are people's ratings in the order of `ATTRIBUTES`, on the data set's own scale,
    higher is more and (noisiness) cleaner. `notes` says what a reader of a result should know about the files.
    """

    paths: tuple[Path, ...]
    mos: Scores
    mos_range: MosRange
    name: str
    split: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    attributes: AttributeScores | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def names(self) -> tuple[str, ...]:
        """What each image is called in split files: its file name, or its path below the folder of all if names repeat."""
        names = tuple(path.name for path in self.paths)
        if len(set(names)) == len(names):
            return names
        root = os.path.commonpath([path.parent for path in self.paths])
        return tuple(path.relative_to(root).as_posix() for path in self.paths)

    def part(self, name: str) -> list[int]:
        """Return the indices of an official part. Raises: InputError if there is no official split."""
        if self.split is None:
            raise InputError(f"{self.name}: has no official split; use random splits or a split file")
        return [index for index, part in enumerate(self.split) if part == name]

    def subset(self, indices: Sequence[int]) -> "RatedImages":
        """Return some of the images, in the order of `indices`."""
        indices = list(indices)
        return replace(
            self,
            paths=tuple(self.paths[index] for index in indices),
            mos=self.mos[indices],
            split=None if self.split is None else tuple(self.split[index] for index in indices),
            groups=None if self.groups is None else tuple(self.groups[index] for index in indices),
            attributes=None if self.attributes is None else self.attributes[indices],
        )


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
    images: Path,
    name: str,
    mos_range: MosRange | None,
    look: Look = "all",
    notes: Sequence[str] = (),
) -> RatedImages:
    """Return the rows as RatedImages, checked; one listing per folder, no look at single files.

    Without a declared range the smallest and largest MOS are its ends. Raises: InputError naming table and line for a
    name that leaves the folder, a duplicate, an absent image; or for constant MOS, or MOS outside the declared range.
    """
    if not rows:
        raise InputError(f"{table}: holds no rows; fetch or write the table again")
    paths = _paths(table, rows, images, look)
    kept = [(row, path) for row, path in zip(rows, paths, strict=True) if path is not None]
    if not kept:
        raise InputError(f"{images}: holds none of the {len(rows)} images of {table}; put them there or name --images")
    declared = _checked_range(table, [row for row, _ in kept], mos_range)
    if len(kept) < len(rows):
        absent = [row.name for row, path in zip(rows, paths, strict=True) if path is None]
        notes = (*notes, f"{len(absent)} of {len(rows)} listed images are absent: {_some(absent)}")
    first = kept[0][0]
    return RatedImages(
        tuple(path for _, path in kept),
        torch.tensor([row.mos for row, _ in kept]),
        declared,
        name,
        tuple(row.split or UNUSED for row, _ in kept) if any(row.split for row, _ in kept) else None,
        tuple(row.group or row.name for row, _ in kept) if any(row.group for row, _ in kept) else None,
        torch.tensor([row.attributes for row, _ in kept]) if first.attributes else None,
        tuple(notes),
    )


def _paths(table: Path, rows: Sequence[Row], images: Path, look: Look) -> list[Path | None]:
    """The file of each row, None where it is absent and may be."""
    folders, seen = Folders(), dict[str, int]()
    paths: list[Path | None] = []
    for row in rows:
        name = os.path.normpath(row.name)  # pathlib is several times slower, and AVA has 255,530 rows
        if name.startswith(os.sep) or ".." in row.name.split("/"):
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


def _some(names: Sequence[str], shown: int = 3) -> str:
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")
