"""Which images are trained on and tested on: drawn, official or imported, and written down for others to import."""

from pathlib import Path
from typing import Literal

import numpy as np

from attiqa_core.datasets import RatedImages
from attiqa_core.datasets.splits import Parts, read_splits, split_indices, write_splits
from attiqa_core.errors import InputError, UsageError
from attiqa_core.evaluation.splits import Indices, Split, official_splits, random_splits, with_validation


def draw(
    rated: RatedImages, kind: Literal["random", "official"], count: int, *, first: int = 0, val: float = 0.0
) -> list[Split]:
    """Return `count` splits from number `first` on, with `val` of all images moved from training to validation.

    Raises: UsageError if the set has no official split; InputError if it has too few images to divide.
    """
    if kind == "official":
        if rated.split is None:
            raise UsageError(f"--split official: {rated.name} has no official split; leave the option out")
        splits = official_splits(rated.split, count, first=first)
    else:
        splits = random_splits(len(rated), count, first=first, groups=rated.groups)
    return _with_validation(splits, rated, val)


def imported(
    path: Path, rated: RatedImages, count: int, *, first: int = 0, val: float = 0.0, allow_missing: bool = False
) -> list[Split]:
    """Return `count` splits of a file, from number `first` on, with `val` of all images moved to validation.

    Raises: UsageError if the file holds fewer; InputError as `read_splits` and `split_indices`, and for parts that overlap.
    """
    listed = read_splits(path, rated)
    if first + count > len(listed):
        raise UsageError(f"--split-file {path}: holds {len(listed)} splits, not {first + count}; lower --splits")
    splits = []
    for number in range(first, first + count):
        indices = split_indices(rated, listed[number], path, allow_missing=allow_missing)
        splits.append(Split(number, *(np.array(indices[name], np.int64) for name in ("train", "test", "val"))))
    return _with_validation(splits, rated, val)


def write_down(splits: list[Split], rated: RatedImages, path: Path) -> None:
    """Write the splits, by image name, to a file that may hold the first of them already.

    Raises: InputError if it holds other splits of the same numbers.
    """
    named = [_named(rated, split) for split in splits]
    before = read_splits(path) if path.exists() else []
    for number, (old, new) in enumerate(zip(before, named, strict=False)):
        if old != new:
            raise InputError(
                f"{path}: split {number} is another one than the data gives now; has the data set changed? "
                "Give another --out"
            )
    if len(before) < len(named):
        write_splits(path, rated.name, named, splits[0].number)


def part_of(rated: RatedImages, number: int) -> Indices:
    """Return the part of another set that is tested on: its official one, else that of random split `number`."""
    if rated.split is not None:
        return np.array(rated.part("test"))
    return random_splits(len(rated), 1, first=number, groups=rated.groups)[0].test


def _with_validation(splits: list[Split], rated: RatedImages, val: float) -> list[Split]:
    return [with_validation(split, len(rated), val, rated.groups) for split in splits]


def _named(rated: RatedImages, split: Split) -> Parts:
    return {part: [rated.names[index] for index in getattr(split, part)] for part in ("train", "val", "test")}
