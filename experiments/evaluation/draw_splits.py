"""Which images are trained on and tested on: drawn, official or imported, and written down for others to import."""

from pathlib import Path

import numpy as np

from attiqa_core.datasets import RatedImages
from attiqa_core.datasets.splits import Parts, read_splits, split_indices, write_splits
from attiqa_core.errors import InputError, UsageError
from attiqa_core.evaluation.splits import Indices, Split, official_splits, random_splits, with_validation
from experiments.options.evaluate import Config


def draw(config: Config, rated: RatedImages, folder: Path) -> list[Split]:
    """Return the splits that `config` asks for and write them, by image name, to `folder`/splits.json.

    Raises: UsageError if there are not as many; InputError if the folder holds other splits of the same numbers, or
    images are in two parts.
    """
    splits = [with_validation(split, len(rated), config.val, rated.groups) for split in _splits(config, rated)]
    path = folder / "splits.json"
    named = [_named(rated, split) for split in splits]
    if path.exists():
        _check_unchanged(path, named)
    if not path.exists() or len(read_splits(path)) < len(named):
        write_splits(path, rated.name, named, config.first_split)
    return splits


def part_of(rated: RatedImages, number: int) -> Indices:
    """Return the part of another set that is tested on: its official one, else that of random split `number`."""
    if rated.split is not None:
        return np.array(rated.part("test"))
    return random_splits(len(rated), 1, first=number, groups=rated.groups)[0].test


def _splits(config: Config, rated: RatedImages) -> list[Split]:
    first, count = config.first_split, config.splits
    if config.split_file is not None:
        return _imported(config.split_file, rated, first, count, config.data.allow_missing)
    if config.split == "official":
        if rated.split is None:
            raise UsageError(f"--split official: {rated.name} has no official split; leave the option out")
        return official_splits(rated.split, count, first=first)
    return random_splits(len(rated), count, first=first, groups=rated.groups)


def _imported(path: Path, rated: RatedImages, first: int, count: int, allow_missing: bool) -> list[Split]:
    listed = read_splits(path, rated)
    if first + count > len(listed):
        raise UsageError(f"--split-file {path}: holds {len(listed)} splits, not {first + count}; lower --splits")
    splits = []
    for number in range(first, first + count):
        indices = split_indices(rated, listed[number], path, allow_missing=allow_missing)
        splits.append(Split(number, *(np.array(indices[name], np.int64) for name in ("train", "test", "val"))))
    return splits


def _named(rated: RatedImages, split: Split) -> Parts:
    return {part: [rated.names[index] for index in getattr(split, part)] for part in ("train", "val", "test")}


def _check_unchanged(path: Path, named: list[Parts]) -> None:
    for number, (before, now) in enumerate(zip(read_splits(path), named, strict=False)):
        if before != now:
            raise InputError(
                f"{path}: split {number} is another one than the data gives now; has the data set changed? "
                "Give another --out"
            )
