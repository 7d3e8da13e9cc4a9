"""The frozen scorer: weights, preprocessing and MOS range in one self-describing, verified folder."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.regular import is_there
from attiqa_core.files.whole import read_json, sha256, write_json, write_text
from attiqa_core.network.architecture import Preprocessing
from attiqa_core.network.crop_batches import CropBatches
from attiqa_core.network.frozen_judge import FrozenJudge
from attiqa_core.network.fuse import fold
from attiqa_core.network.model import AttiqaNet, build_network, load_weights
from attiqa_core.network.views import crops_of
from attiqa_core.sharing import hub
from attiqa_core.sharing.folder import (
    CARD,
    DESCRIPTION,
    FORMAT,
    WEIGHTS,
    ScorerFile,
    copy_verified,
    find_folder,
    read_description,
    refuse_filled,
)
from attiqa_core.sharing.model_card import model_card
from attiqa_core.sharing.references import is_repository, split_revision
from attiqa_core.sharing.shipped import SHIPPED
from attiqa_core.tensor_files import load_tensors, save_tensors
from attiqa_core.tensors import AttributeScores, Images, Scores


class Scorer(FrozenJudge):
    """Mean opinion score of display sRGB images, frozen and differentiable in the image.

    Scores are about [0, 1], as the regressor gives them: pure noise falls to -0.4, since a clip would end every gradient.
    An image's score is a function of that image alone: on the CPU it is the same bits in any batch. `crops` is 1 (the
    centre) or 5 (corners and centre averaged, the paper's evaluation; the default). A scorer that was trained over `sizes`
    reads a picture between them as it is, without enlarging it.
    """

    def __init__(
        self,
        net: AttiqaNet,
        preprocessing: Preprocessing,
        mos_range: MosRange,
        sha256: str,
        name: str,
        crops: int = 5,
        folder: Path | None = None,
    ):
        super().__init__()
        if crops not in (1, 5):
            raise InputError(f"crops is {crops}; a scorer looks at 1 (centre) or 5 (corners and centre) crops")
        self.net = net.eval().requires_grad_(False)
        self._batches = CropBatches(self.net)
        self.preprocessing, self.mos_range = preprocessing, mos_range
        self.sha256, self.name, self.crops, self.folder = sha256, name, crops, folder
        self.origin = ""  # org/name@commit, if it is of the hub

    @classmethod
    def load(cls, name_or_path: str | Path, device: str | torch.device = "cpu", crops: int = 5) -> "Scorer":
        """Return the scorer shipped under a name ("attiqa-mini") or stored in a folder.

        Raises: InputError if it is missing, was never fine-tuned, has other shapes, or fails its SHA-256.
        """
        folder = find_folder(name_or_path)
        described, net = _stored(folder)
        fold(net.encoder)
        net.to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return cls(
            net,
            described.preprocessing,
            described.mos_range,
            described.sha256,
            folder.name,
            crops,
            folder,
        )

    @classmethod
    def from_pretrained(
        cls,
        name_or_path: str | Path,
        revision: str | None = None,
        device: str | torch.device = "cpu",
        crops: int = 5,
    ) -> "Scorer":
        """Return a scorer from a folder, by its shipped name, or from the Hugging Face hub ("org/name" and a commit).

        From the hub, only the description, the weights and the model card are fetched, of exactly that commit
        (`revision`, or "org/name@commit"), the local cache first. Errors as `load`; UsageError without a full commit.
        """
        repository, commit = split_revision(str(name_or_path))
        if is_there(name_or_path) or not is_repository(repository):
            return cls.load(name_or_path, device, crops)
        folder = hub.fetch(repository, revision or commit, (DESCRIPTION, WEIGHTS), (CARD,))
        scorer = cls.load(folder, device, crops)
        scorer.name, scorer.origin = repository, f"{repository}@{revision or commit}"
        return scorer

    def save_pretrained(self, folder: Path | str) -> Path:
        """Copy this scorer's files, verified, into a new folder that `from_pretrained` reads, and return the folder.

        A scorer without a model card gets one from its own description. Raises: UsageError if the folder holds
        anything, or the scorer was never stored; InputError if its files changed since it was loaded.
        """
        folder = Path(folder)
        if self.folder is None:
            raise UsageError(f"{folder}: this scorer was never stored; write it with `save_scorer`")
        refuse_filled(folder)
        copy_verified(self.folder / WEIGHTS, folder / WEIGHTS, self.sha256)
        described, card = read_json(self.folder / DESCRIPTION), self.folder / CARD
        text = card.read_text(encoding="utf-8") if card.is_file() else model_card(described, folder.name)
        write_text(folder / CARD, text)
        write_json(folder / DESCRIPTION, described, seal=True)
        return folder

    def with_crops(self, crops: int) -> "Scorer":
        """Return a scorer that shares these weights and looks at 1 or 5 crops."""
        scorer = Scorer(self.net, self.preprocessing, self.mos_range, self.sha256, self.name, crops, self.folder)
        scorer._batches = self._batches  # what the processor was asked about this network
        scorer.origin = self.origin
        return scorer

    @property
    def reference(self) -> str:
        """What `from_pretrained` finds this scorer by: its commit on the hub, its name if it ships, else its folder."""
        if self.origin:
            return self.origin
        if self.folder is None or self.folder.parent == SHIPPED:
            return self.name
        return str(self.folder.resolve())

    @property
    def sizes(self) -> tuple[int, int] | None:
        """The shortest and the longest short edge, in px, that it was trained over; None: all pictures are resized."""
        return self.preprocessing.sizes

    @property
    def device(self) -> torch.device:
        return self.net.device

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """What the columns of `attributes` are called."""
        return self.net.arch.attributes

    def _read(self, images: Images) -> tuple[Scores, AttributeScores]:
        """On the CPU the heads see one crop at a time: their matrix product changes with the batch, and with it the last
        bits of every score. The encoder sees several where that changes none (`CropBatches`).
        """
        features = self._batches.features(crops_of(images, self.preprocessing, self.crops))
        rows = features.split(1) if features.device.type == "cpu" else (features,)
        mos, attributes = map(torch.cat, zip(*(self.net.read(row) for row in rows), strict=True))
        return _mean_of_crops(mos, self.crops), _mean_of_crops(attributes, self.crops)

    def to_mos(self, scores: Scores) -> Tensor:
        """Return scores on the scale of the data set that the scorer was fine-tuned on; not clipped to its ends."""
        return self.mos_range.restore(scores)


def _stored(folder: Path) -> tuple[ScorerFile, AttiqaNet]:
    described = read_description(folder)
    tensors = load_tensors(folder / WEIGHTS, described.sha256)
    net = build_network(described.architecture, folder / DESCRIPTION, tensors)
    load_weights(net, tensors, folder / WEIGHTS)
    return described, net


def network_of(name_or_path: str | Path) -> AttiqaNet:
    """Return the network of a stored scorer as it was trained, to train it further. Raises: as `Scorer.load`."""
    return _stored(find_folder(name_or_path))[1].to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _mean_of_crops(values: Tensor, crops: int) -> Tensor:
    """Return the mean over (crops * batch, ...), added in a fixed order: `mean` orders its sums by the batch size."""
    return sum(values.unflatten(0, (crops, -1)).unbind(0)[1:], values[: len(values) // crops]) / crops


def save_scorer(
    folder: Path,
    net: AttiqaNet,
    preprocessing: Preprocessing,
    mos_range: MosRange,
    provenance: dict[str, Any],
    *,
    half: bool = False,
) -> Path:
    """Write weights and description and return the folder; `half` stores fp16 (computation stays fp32)."""
    folder = Path(folder)
    tensors = net.state_dict()
    if half:
        tensors = {name: tensor.half() if tensor.is_floating_point() else tensor for name, tensor in tensors.items()}
    save_tensors(folder / WEIGHTS, tensors)
    write_json(
        folder / DESCRIPTION,
        {
            "format": FORMAT,
            "architecture": net.arch.to_dict(),
            "attributes": list(net.arch.attributes),
            "preprocessing": asdict(preprocessing),
            "mos_range": asdict(mos_range),
            "sha256": sha256(folder / WEIGHTS),
            "provenance": provenance,
        },
        seal=True,
    )
    return folder


def write_card(folder: Path, meta: dict[str, Any]) -> None:
    """Write the model card of a stored scorer beside it, from its own description and its run's `meta.json`."""
    write_text(folder / CARD, model_card(read_json(folder / DESCRIPTION), folder.name, meta=meta))
