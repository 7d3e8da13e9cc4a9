"""Features of pictures: what frozen encoders and judges say of them, computed once and kept on disk."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from attiqa_core.judges.judge import Judge, create_metric
from attiqa_core.network.guarded_regressor import SpoiledViews
from attiqa_core.network.model import AttiqaNet
from attiqa_core.photos.images import Picture, read_picture
from attiqa_core.photos.picture_cache import PictureCache
from attiqa_core.runs.progress import progress
from attiqa_core.tensor_files import load_sealed, save_sealed
from attiqa_core.tensors import AttributeScores, Scores, Views
from attiqa_core.training.frozen_features import five_crop_features, spoiled_features
from experiments.options.resume import hash_of_contents

PART = 64  # pictures whose features go into one file


@dataclass(frozen=True)
class Material:
    """Images to train or test on. `pictures` are decoded at the recipe's short edge."""

    paths: tuple[Path, ...]
    pictures: Sequence[Picture]

    @cached_property
    def digest(self) -> str:
        """A fingerprint of all files' bytes, in order, read once; names and places do not matter."""
        return hash_of_contents(self.paths)


def material_of(paths: tuple[Path, ...], short_edge: int) -> Material:
    """Return the images of these files, to be decoded when first asked for."""
    return Material(paths, PictureCache(paths, short_edge))


class FeatureStore:
    """Five-crop features of frozen encoders and scores of judges: each computed once, kept in memory and in a folder.

    A file's name is the digest of weights, preprocessing and the images' bytes, so that a folder may serve many runs.
    """

    def __init__(self, folder: Path, resize: int, crop: int, device: torch.device):
        self.folder, self.resize, self.crop, self.device = folder, resize, crop, device
        self._known: dict[str, Tensor] = {}
        self._keys: WeakKeyDictionary[AttiqaNet, dict[tuple, tuple[list[int], str]]] = WeakKeyDictionary()
        self._judges: dict[str, Judge] = {}

    def views(self, net: AttiqaNet, material: Material) -> Views:
        """Return the encoder's pooled features of five crops of every picture."""
        pictures = material.pictures
        return self._kept(
            self._key(net, material),
            len(pictures),
            lambda part: five_crop_features(net, [pictures[index] for index in part], self.crop),
        )

    def spoiled(self, net: AttiqaNet, material: Material, versions: int) -> SpoiledViews:
        """Return the encoder's pooled features of spoiled versions of every picture."""
        pictures = material.pictures
        return self._kept(
            self._key(net, material, "spoiled versions", versions),
            len(pictures),
            lambda part: spoiled_features(net, [pictures[index] for index in part], self.crop, versions, part.start),
        )

    def _key(self, net: AttiqaNet, material: Material, *more: Any) -> str:
        arch = net.arch
        inputs = (arch.backbone, arch.pooling, arch.mean, arch.std, self.resize, self.crop, material.digest, *more)
        tensors = net.encoder.state_dict()
        written = [number for each in tensors.values() for number in (each.data_ptr(), each._version)]
        made = self._keys.setdefault(net, {})
        if (
            inputs not in made or made[inputs][0] != written
        ):  # a digest of all weights takes longer than a split's ridge
            made[inputs] = written, _digest(tensors, inputs)
        return made[inputs][1]

    def judge(self, reference: str) -> Judge:
        """Return the judge that `create_metric` finds, loaded once."""
        if reference not in self._judges:
            self._judges[reference] = create_metric(reference, device=str(self.device))
        return self._judges[reference]

    def judgements(self, reference: str, material: Material) -> tuple[Scores, AttributeScores]:
        """Return a ready judge's scores, about [0, 1], and attribute scores of every picture at its own preprocessing."""
        judge = self.judge(reference)

        @torch.no_grad()
        def read(part: range) -> Tensor:
            readings = (judge.read(read_picture(material.paths[index])) for index in part)
            return torch.cat([torch.cat([scores[:, None], attributes], 1).cpu() for scores, attributes in readings])

        key = _digest({}, (judge.name, judge.sha256, material.digest, "score", *judge.attribute_names))
        kept = self._kept(key, len(material.paths), read)
        return kept[:, 0], kept[:, 1:]

    def _kept(self, key: str, count: int, compute: Callable[[range], Tensor]) -> Tensor:
        """Return what `compute` gives for all pictures, a part at a time: an interrupted run goes on with the next one."""
        if key not in self._known:
            parts = [range(start, min(start + PART, count)) for start in range(0, count, PART)]
            paths = [self.folder / f"{key[:32]}-{part.start:06d}.safetensors" for part in parts]
            missing = [(part, path) for part, path in zip(parts, paths, strict=True) if not path.exists()]
            for part, path in progress(missing, label="features", unit="part", hidden=not missing):
                save_sealed(path, {"features": compute(part)})
            self._known[key] = torch.cat(
                [load_sealed(path, "remove it, and the same command makes it again")["features"] for path in paths]
            )
        return self._known[key]


def _digest(tensors: dict[str, Tensor], described: tuple) -> str:
    digest = hashlib.sha256(json.dumps(described).encode())
    for name, tensor in tensors.items():
        digest.update(name.encode() + tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
