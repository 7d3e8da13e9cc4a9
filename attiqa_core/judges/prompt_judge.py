"""A judge that reads quality off antonym prompts: CLIP-IQA, CLIP-IQA+ and QualiCLIP are all of this kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from torchvision.transforms.v2 import functional as F

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import UsageError
from attiqa_core.files.described import Finite, Pixels
from attiqa_core.network.frozen_judge import FrozenJudge
from attiqa_core.photos.images import five_crops, within_aspect
from attiqa_core.tensors import AttributeScores, Embeddings, Images, ResizedImages, Scores


@dataclass(frozen=True)
class View:
    """How a picture reaches the tower: short edge to `resize` px, antialiased, then 1 or 5 crops of `crop` px.

    Without `crop` the whole picture is seen at its own resolution; only a short edge above `resize` is reduced.
    """

    resize: Pixels
    crop: Pixels | None
    interpolation: Literal["bicubic", "bilinear"] = "bicubic"

    def __call__(self, images: Images, crops: int) -> list[ResizedImages]:
        """Return the crops, each a batch in [0, 1]."""
        images = within_aspect(images)
        short_edge = min(images.shape[2:])
        if short_edge > self.resize or (self.crop is not None and short_edge < self.resize):
            mode = F.InterpolationMode(self.interpolation)
            images = F.resize(images, [self.resize], interpolation=mode, antialias=True).clamp(0, 1)
        if self.crop is None:
            return [images]
        return [F.center_crop(images, [self.crop, self.crop])] if crops == 1 else five_crops(images, self.crop)


@dataclass(frozen=True)
class Scale:
    """Score = sigmoid(slope * (difference of cosines - centre)); CLIP-IQA's is 100 and 0."""

    slope: Finite = 100.0
    centre: Finite = 0.0


class PromptJudge(FrozenJudge):
    """Scores display sRGB images by likeness to prompts, frozen and differentiable in the image.

    `quality` holds one difference of unit prompt embeddings per antonym pair; the score is the mean of the pairs'
    two-way softmaxes, in [0, 1], higher is better. `attributes` does the same for the five attributes, whose scores are
    the softmaxes' logits, unbounded. An image's score depends on that image alone: on the CPU each crop passes by
    itself. A native view is one crop whatever `crops` is.
    """

    bounded = True
    quality: Tensor
    attributes_of: Tensor

    def __init__(
        self,
        tower: nn.Module,
        quality: Float[Tensor, "pairs features"],
        attributes: Float[Tensor, "5 features"],
        view: View,
        scale: Scale,
        *,
        name: str,
        sha256: str,
        reference: str,
        crops: int = 5,
        folder: Path | None = None,
    ):
        super().__init__()
        if crops not in (1, 5):
            raise UsageError(f"crops is {crops}; a judge looks at 1 (centre) or 5 (corners and centre) crops")
        self.tower = tower.eval().requires_grad_(False)
        self.register_buffer("quality", quality)
        self.register_buffer("attributes_of", attributes)
        self.view, self.scale, self.crops = view, scale, crops
        self.name, self.sha256, self.reference, self.folder = name, sha256, reference, folder

    @property
    def device(self) -> torch.device:
        return self.quality.device

    @property
    def attribute_names(self) -> tuple[str, ...]:
        return ATTRIBUTES

    def to_mos(self, scores: Scores) -> Scores:
        """Return the scores as they are: no human scale stands behind them."""
        return scores

    def with_crops(self, crops: int) -> "PromptJudge":
        """Return a judge that shares these weights and looks at 1 or 5 crops."""
        return PromptJudge(
            self.tower,
            self.quality,
            self.attributes_of,
            self.view,
            self.scale,
            name=self.name,
            sha256=self.sha256,
            reference=self.reference,
            crops=crops,
            folder=self.folder,
        )

    def _read(self, images: Images) -> tuple[Scores, AttributeScores]:
        seen = [self._read_crop(crop) for crop in self.view(images, self.crops)]
        scores, attributes = zip(*seen, strict=True)
        return _mean(scores), _mean(attributes)

    def differences(self, images: Images) -> Float[Tensor, "batch pairs"]:
        """Return cosine to the positive less cosine to the negative side of each quality pair, mean over crops."""
        seen = [self._embed(crop) @ self.quality.T for crop in self.view(images.to(self.device), self.crops)]
        return _mean(seen)

    def _read_crop(self, crops: Images) -> tuple[Scores, AttributeScores]:
        """On the CPU one image at a time, to the last product: its kernels change with the batch."""
        parts = crops.split(1) if crops.device.type == "cpu" else (crops,)
        scores, attributes = zip(*(self._read_part(part) for part in parts), strict=True)
        return torch.cat(scores), torch.cat(attributes)

    def _read_part(self, crops: Images) -> tuple[Scores, AttributeScores]:
        embedded = self._embed(crops)
        logits = self.scale.slope * (embedded @ self.quality.T - self.scale.centre)
        return logits.sigmoid().mean(1), self.scale.slope * (embedded @ self.attributes_of.T)

    def _embed(self, crops: Images) -> Embeddings:
        return functional.normalize(self.tower(crops).float(), dim=1)


def _mean(values: Sequence[Tensor]) -> Tensor:
    """The mean of equally shaped tensors, added one by one: `mean` over a stack may order its sums by their shape."""
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total / len(values)
