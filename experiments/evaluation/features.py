"""Arms: the networks and judges that an evaluation compares, and their features, computed once and kept on disk."""

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

from attiqa_core.errors import UsageError
from attiqa_core.judges.judge import create_metric
from attiqa_core.network.guarded_regressor import SpoiledViews
from attiqa_core.network.model import AttiqaNet
from attiqa_core.photos.images import Picture, read_picture, to_images
from attiqa_core.runs import progress, seed_everything
from attiqa_core.tensor_files import load_tensors, save_tensors
from attiqa_core.tensors import Scores
from attiqa_core.training.finetune import Views, five_crop_features, spoiled_features

JUDGE = "judge:"
PART = 64  # pictures whose features go into one file


@dataclass(frozen=True)
class Arm:
    """A start of fine-tuning ("imagenet", "random" or a pretraining run), or "judge:NAME", taken as it is."""

    name: str
    source: str

    @property
    def is_judge(self) -> bool:
        return self.source.startswith(JUDGE)


def parse_arms(words: Sequence[str]) -> list[Arm]:
    """Return the arms that NAME=SOURCE words stand for. Raises: UsageError for another form or a name used twice."""
    arms: dict[str, Arm] = {}
    for word in words:
        name, equals, source = word.partition("=")
        if not equals or not source or not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
            raise UsageError(
                f"--arm {word}: is not NAME=SOURCE; SOURCE is imagenet, random, a run of `attiqa pretrain` or "
                "judge:SCORER, NAME has letters, digits, - and _"
            )
        if name in arms:
            raise UsageError(f"--arm {word}: the name {name} is taken by {arms[name].source}; choose another")
        arms[name] = Arm(name, source)
    return list(arms.values())


@dataclass(frozen=True)
class Material:
    """Images to train or test on. `pictures` are decoded at the recipe's short edge."""

    name: str
    paths: tuple[Path, ...]
    pictures: Sequence[Picture]

    @cached_property
    def digest(self) -> str:
        """A fingerprint of which files these are; a file that changes its size counts as another."""
        listed = [(path.name, path.stat().st_size) for path in self.paths]
        return hashlib.sha256(json.dumps(listed).encode()).hexdigest()


class Starts:
    """Start networks of the arms, made when first asked for; every arm's fresh layers are drawn from the same seed."""

    def __init__(self, build: Callable[[str], tuple[AttiqaNet, str]], freeze: Sequence[str], device: torch.device):
        self._build, self._freeze, self._device = build, freeze, device
        self._made: dict[str, tuple[AttiqaNet, str]] = {}

    def network(self, arm: Arm) -> AttiqaNet:
        """Return the arm's start; a copy is what may be trained."""
        return self._start(arm)[0]

    def described(self, arm: Arm) -> dict[str, Any]:
        """Return what a protocol card says of the arm."""
        if arm.is_judge:
            return {"source": arm.source}
        net, start = self._start(arm)
        return {"source": arm.source, "start": start, "architecture": net.arch.to_dict()}

    def _start(self, arm: Arm) -> tuple[AttiqaNet, str]:
        if arm.source not in self._made:
            seed_everything(0)
            net, start = self._build(arm.source)
            net.to(self._device)
            net.freeze(self._freeze)
            self._made[arm.source] = net, start
        return self._made[arm.source]


class FeatureStore:
    """Five-crop features of frozen encoders and scores of judges: each computed once, kept in memory and in a folder.

    A file's name is the digest of weights, preprocessing and images, so that a folder may serve many runs.
    """

    def __init__(self, folder: Path, resize: int, crop: int, device: torch.device):
        self.folder, self.resize, self.crop, self.device = folder, resize, crop, device
        self._known: dict[str, Tensor] = {}
        self._keys: WeakKeyDictionary[AttiqaNet, dict[tuple, tuple[list[int], str]]] = WeakKeyDictionary()
        self._judged: dict[tuple[str, str], Scores] = {}

    def views(self, net: AttiqaNet, material: Material) -> Views:
        """Return the encoder's pooled features of five crops of every picture."""
        pictures = material.pictures
        return self._kept(
            self._key(net, material),
            len(pictures),
            lambda part: five_crop_features(net, [pictures[index] for index in part], self.crop),
        )

    def spoiled(self, net: AttiqaNet, material: Material, versions: int) -> SpoiledViews:
        """Return the encoder's pooled features of every picture and of spoiled versions of it."""
        pictures = material.pictures
        return self._kept(
            self._key(net, material, "spoiled", versions),
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

    def judgements(self, reference: str, material: Material) -> Scores:
        """Return a ready judge's scores of every picture at its own preprocessing, about [0, 1]."""
        if (reference, material.digest) in self._judged:
            return self._judged[reference, material.digest]
        judge = create_metric(reference, device=str(self.device))

        def score(part: range) -> Scores:
            images = (to_images(read_picture(material.paths[index])[None]) for index in part)
            return torch.cat([judge.score(image.to(judge.device)).cpu() for image in images])

        judged = self._kept(_digest({}, (judge.name, judge.sha256, material.digest)), len(material.paths), score)
        self._judged[reference, material.digest] = judged
        return judged

    def _kept(self, key: str, count: int, compute: Callable[[range], Tensor]) -> Tensor:
        """Return what `compute` gives for all pictures, a part at a time: an interrupted run goes on with the next one."""
        if key not in self._known:
            parts = [range(start, min(start + PART, count)) for start in range(0, count, PART)]
            paths = [self.folder / f"{key[:32]}-{part.start:06d}.safetensors" for part in parts]
            missing = [(part, path) for part, path in zip(parts, paths, strict=True) if not path.exists()]
            for part, path in progress(missing, label="features", unit="part", hidden=not missing):
                save_tensors(path, {"features": compute(part)})
            self._known[key] = torch.cat([load_tensors(path)["features"] for path in paths])
        return self._known[key]


def _digest(tensors: dict[str, Tensor], described: tuple) -> str:
    digest = hashlib.sha256(json.dumps(described).encode())
    for name, tensor in tensors.items():
        digest.update(name.encode() + tensor.cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
