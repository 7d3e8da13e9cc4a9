"""CLIP-IQA: how good an image looks, as its likeness to "Good photo." rather than "Bad photo."; nothing is trained.

The original reads a CLIP ResNet-50 at the image's own resolution, without the positional embedding of its pooling; a
vision transformer is its positions, so that it sees CLIP's own crops instead.
Source: Wang, Chan, Loy 2023, Exploring CLIP for assessing the look and feel of images (arXiv 2207.12396), section 3.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

import torch
from torch import nn

from attiqa_core.attributes import TABLE_1_PROMPTS, PromptPair
from attiqa_core.errors import UsageError
from attiqa_core.judges.prompt_judge import PromptJudge, Scale, View
from attiqa_core.judges.towers import ClipTower, TextPairs, clip_text, in_order
from attiqa_core.network.clip_weights import load_clip, load_tokenizer, state_sha256, uses_quick_gelu

NAME = "clip-iqa"
QUALITY_PAIR = PromptPair("Good photo.", "Bad photo.")  # with full stops, as the original
LARGEST_NATIVE_PX = 512  # short edge; the original reduces larger photos to it (its experiments on SPAQ)
CLIP_SCALE = Scale(100.0, 0.0)  # CLIP's logit scale after training

Seeing = Literal["native", "crop"]
"""The whole picture at its own resolution without positions, or CLIP's own resize and crop."""


@dataclass(frozen=True)
class FrozenClip:
    """A CLIP of open_clip ready to compare images in [0, 1] with prompts, and what it takes to name it again."""

    model: str
    weights: str
    quick_gelu: bool
    sha256: str
    network: Any
    tower: ClipTower
    view: View
    seeing: Seeing

    @property
    def tokenizer(self) -> Any:
        return _tokenizer(self.model)

    def text(self, pairs: Sequence[PromptPair]) -> TextPairs:
        """Return the unit embeddings of antonym prompts."""
        return clip_text(self.network, self.tokenizer, pairs)


def frozen_clip(
    model: str, weights: str, seeing: Seeing, quick_gelu: bool | None = None, device: str | torch.device = "cpu"
) -> FrozenClip:
    """Return a CLIP as `ClipTeacher` finds it; its SHA-256 is that of the weights before positions are taken away.

    Raises: as `ClipTeacher`; UsageError if the model cannot see natively, or has no usual CLIP preprocessing.
    """
    network, _ = load_clip(model, weights, torch.device(device), quick_gelu)
    digest, activation = state_sha256(network), uses_quick_gelu(network)
    described = network.visual.preprocess_cfg
    if described.get("resize_mode", "shortest") != "shortest" or described["interpolation"] != "bicubic":
        raise UsageError(f"{model}: resizes images in its own way; take a model with CLIP's usual preprocessing")
    if seeing == "native":
        take_positions_away(network.visual, model)
    size = described["size"]
    size = size if isinstance(size, int) else size[0]
    view = View(LARGEST_NATIVE_PX, None) if seeing == "native" else View(size, size)
    tower = ClipTower(network.visual, described["mean"], described["std"]).to(device)
    return FrozenClip(model, weights, activation, digest, network, tower, view, seeing)


def take_positions_away(visual: nn.Module, model: str) -> None:
    """Let an image tower take any size: no positions in CLIP's attention pooling; convolutions alone have none anyway.

    Raises: UsageError for vision transformers, which are nothing without positions.
    """
    pooling = getattr(visual, "attnpool", None)
    if pooling is not None and hasattr(pooling, "positional_embedding"):
        nowhere = torch.zeros_like(pooling.positional_embedding[:1])  # one row is added to every place
        pooling.positional_embedding = nn.Parameter(nowhere, requires_grad=False)
        return
    trunk = getattr(visual, "trunk", None)
    if trunk is None or hasattr(trunk, "patch_embed") or any("pos" in name for name in trunk.state_dict()):
        raise UsageError(
            f"{model}: has positions in every layer and sees only its own crop; use view=crop, or a ResNet such as RN50"
        )


def clip_iqa(
    model: str = "RN50",
    weights: str = "openai",
    seeing: Seeing = "native",
    prompts: Sequence[PromptPair] = (QUALITY_PAIR,),
    *,
    attributes: Mapping[str, PromptPair] = TABLE_1_PROMPTS,
    quick_gelu: bool | None = None,
    device: str | torch.device = "cpu",
    crops: int = 5,
) -> PromptJudge:
    """Return CLIP-IQA with any antonym pairs; the score is the mean of their two-way softmaxes at 100 times the cosine.

    Raises: UsageError without prompts; otherwise as `frozen_clip`.
    """
    if not prompts:
        raise UsageError("clip-iqa: no prompts; give at least one antonym pair, such as Good photo./Bad photo.")
    clip = frozen_clip(model, weights, seeing, quick_gelu, device)
    quality, five = clip.text(prompts), clip.text(in_order(attributes))
    identity = [clip.sha256, seeing, [list(pair) for pair in (*prompts, *in_order(attributes))]]
    return PromptJudge(
        clip.tower,
        quality[:, 0] - quality[:, 1],
        five[:, 0] - five[:, 1],
        clip.view,
        CLIP_SCALE,
        name=NAME,
        sha256=hashlib.sha256(json.dumps(identity).encode()).hexdigest(),
        reference=_reference(model, weights, seeing, prompts),
        crops=crops,
    ).to(device)


def find_clip_iqa(reference: str, device: str | torch.device = "cpu", crops: int = 5) -> PromptJudge:
    """Return the CLIP-IQA of a reference: "clip-iqa", or "clip-iqa?model=ViT-B-16&weights=openai&view=crop&prompts=
    Good photo./Bad photo.;Sharp photo./Blurry photo.", each part optional.

    Raises: UsageError for a part that is not one of these.
    """
    given = dict(parse_qsl(reference.partition("?")[2], keep_blank_values=True))
    if unknown := set(given) - {"model", "weights", "view", "prompts"}:
        raise UsageError(f"{reference}: does not know {unknown.pop()}; the parts are model, weights, view and prompts")
    seeing = given.get("view", "native")
    if seeing not in ("native", "crop"):
        raise UsageError(f"{reference}: view={seeing} is neither native nor crop")
    pairs = [_pair(text, reference) for text in given["prompts"].split(";")] if "prompts" in given else [QUALITY_PAIR]
    model, weights = given.get("model", "RN50"), given.get("weights", "openai")
    return clip_iqa(model, weights, seeing, pairs, device=device, crops=crops)


@cache
def _tokenizer(model: str) -> Any:
    return load_tokenizer(model)  # reads its vocabulary, half a second


def _pair(text: str, reference: str) -> PromptPair:
    sides = [side.strip() for side in text.split("/")]
    if len(sides) != 2 or not all(sides):
        raise UsageError(f"{reference}: {text!r} is no antonym pair; write Positive/Negative;Positive/Negative")
    return PromptPair(*sides)


def _reference(model: str, weights: str, seeing: Seeing, prompts: Sequence[PromptPair]) -> str:
    if (model, weights, seeing, tuple(prompts)) == ("RN50", "openai", "native", (QUALITY_PAIR,)):
        return NAME
    pairs = ";".join("/".join(pair) for pair in prompts)
    return f"{NAME}?" + urlencode({"model": model, "weights": weights, "view": seeing, "prompts": pairs})
