"""The cached teacher: labels that `attiqa label` made beforehand, one row for each photo."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Int
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.labelling.labels import Labels
from attiqa_core.photos.sources import Photo, find_photos
from attiqa_core.teachers.teacher import Lesson
from attiqa_core.tensors import AttributeScores, Images

SHARD = ".tar/"  # what stands between a shard's name and its member's in a key


@dataclass(frozen=True)
class CachedTeacher:
    """Knows the label of every photo by its number; a crop has its photo's label (open point 15).

    `about` names the photos of a batch, and gives the teacher of that one batch.
    """

    labels: AttributeScores
    source: dict[str, Any]
    name: str = "labels"

    def about(self, indices: Int[Tensor, " batch"]) -> "CachedTeacher":
        """Return the teacher of these photos, in their order."""
        return CachedTeacher(self.labels[indices], self.source, self.name)

    def lesson(self, photos: Images, generator: torch.Generator) -> Lesson:
        """The photos as they are, every pair comparable."""
        assert len(photos) == len(self.labels), "a cached teacher has to be told which photos these are"
        groups = torch.zeros(len(photos), dtype=torch.int64, device=photos.device)
        return Lesson(photos, self.labels.to(photos.device), groups, across_photos=True)

    def provenance(self) -> dict[str, Any]:
        return {"teacher": self.name, "labels": self.source}


def labelled_photos(labels: Labels, paths: Sequence[Path] = ()) -> list[Photo]:
    """Return the photo of every label, in order: below `paths` if given, else where they were labelled.

    Raises: InputError if a photo or a shard is not there.
    """
    if paths:
        root, found = find_photos(paths)
    else:
        root = labels.root
        shards = sorted({key[: key.index(SHARD) + len(SHARD) - 1] for key in labels.keys if SHARD in key})
        found = [photo for shard in shards for photo in _members(root, shard)]
        found += [Photo(key, root / key) for key in labels.keys if SHARD not in key]
    by_key = {photo.key: photo for photo in found}
    missing = [key for key in labels.keys if key not in by_key or not by_key[key].path.exists()]
    if missing:
        raise InputError(
            f"{root / missing[0]}: is labelled but not there, nor are {len(missing) - 1} more; "
            "name the folder that was labelled, or label again"
        )
    return [by_key[key] for key in labels.keys]


def _members(root: Path, shard: str) -> list[Photo]:
    """The photos of one shard under the keys that they have below `root`."""
    return [
        Photo(f"{shard}/{photo.key.partition(SHARD)[2]}", photo.path, photo.offset, photo.size)
        for photo in find_photos([root / shard])[1]
    ]
