"""Images with human scores, whatever data set they come from."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.errors import InputError

Mos = Float32[np.ndarray, " images"]
Ratings = Float32[np.ndarray, "images attributes"]

TRAIN, VAL, TEST, UNUSED = "train", "val", "test", "unused"


@dataclass(frozen=True)
class RatedImages:
    """Images with human scores: `mos` on the data set's own scale, whose ends are `mos_range`; higher is better.

    `split` is the official part of each image: "train", "val", "test", or "unused" where no official list names it;
    None where the data set has no official split. `groups` names what a split must not tear apart: the reference or
    prompt of each image. `attributes` are people's ratings in the order of `ATTRIBUTES`, on the data set's own scale,
    higher is more and (noisiness) cleaner. `notes` says what a reader of a result should know about the files.
    """

    paths: tuple[Path, ...]
    mos: Mos
    mos_range: MosRange
    name: str
    split: tuple[str, ...] | None = None
    groups: tuple[str, ...] | None = None
    attributes: Ratings | None = None
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
