"""What predictors are tested on: sets of rated images, and pairs of images that people chose between."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from attiqa_core.datasets import RatedImages, read_rated
from attiqa_core.errors import UsageError
from attiqa_core.evaluation.splits import Indices, Split
from experiments.evaluation.draw_splits import part_of
from experiments.evaluation.features import Material, material_of
from experiments.evaluation.votes import ImageVote, read_votes, vote_images


@dataclass(frozen=True)
class RatedSet:
    """Rated images to train or test on. `tested` gives the tested ones for a split of the set that is trained on."""

    name: str
    rated: RatedImages
    material: Material
    tested: Callable[[Split], Indices]

    @property
    def sha256(self) -> str:
        """What fixes the set: names, MOS, official split, groups, pixels, and ratings of attributes if it has any."""
        rated = self.rated
        attributes = () if rated.attributes is None else (rated.attributes.tolist(),)
        return _digest(rated.names, rated.mos.tolist(), rated.split, rated.groups, self.material.digest, *attributes)


@dataclass(frozen=True)
class VotedPairs:
    """People's choices to test on; `images` names the material's pictures in order."""

    name: str
    votes: Sequence[ImageVote]
    images: tuple[str, ...]
    material: Material

    @property
    def sha256(self) -> str:
        """What fixes the votes: who chose what, and the pixels."""
        return _digest(self.votes, self.images, self.material.digest)


def trained_set(rated: RatedImages, name: str, short_edge: int) -> RatedSet:
    """Return the set that is divided into splits: each split's tested part is tested on."""
    return RatedSet(name, rated, material_of(rated.paths, short_edge), lambda split: split.test)


def other_set(path: Path, short_edge: int, *, part: bool = False, allow_missing: bool = False) -> RatedSet:
    """Return another set, tested on as a whole or, with `part`, on its tested part. Raises: as `read_rated`."""
    rated = read_rated(path, allow_missing=allow_missing)
    material = material_of(rated.paths, short_edge)
    if part:
        return RatedSet(f"{rated.name}:part", rated, material, lambda split: part_of(rated, split.number))
    return RatedSet(rated.name, rated, material, lambda _split: np.arange(len(rated)))


def voted_pairs(path: Path, images: Path | None, short_edge: int) -> VotedPairs:
    """Return the choices of a CSV. Raises: InputError as `read_votes` and `vote_images`."""
    votes = read_votes(path)
    files = vote_images(path, votes, images)
    return VotedPairs(f"votes:{path.stem}", votes, tuple(files), material_of(tuple(files.values()), short_edge))


def check_names(sets: Sequence[RatedSet]) -> None:
    """Raises: UsageError if two sets have one name, for their results could not be told apart."""
    names = [each.name for each in sets]
    if len(set(names)) < len(names):
        raise UsageError(f"--test-on: two sets are called {max(names, key=names.count)}; name the first with --name")


def _digest(*parts: object) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
