"""Image towers: networks that send images in [0, 1] to the space that prompts are embedded in."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from attiqa_core.attributes import ATTRIBUTES, PromptPair
from attiqa_core.network.model import AttiqaNet
from attiqa_core.tensors import Embeddings, Images

TextPairs = Float[Tensor, "_pairs 2 features"]
"""Unit embeddings of antonym prompts: positive, then negative."""


class ClipTower(nn.Module):
    """The image encoder of an open_clip model behind its own mean and standard deviation."""

    mean: Tensor
    std: Tensor

    def __init__(self, visual: nn.Module, mean: Sequence[float], std: Sequence[float]):
        super().__init__()
        self.visual = visual
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def forward(self, images: Images) -> Embeddings:
        return self.visual((images - self.mean) / self.std)

    def learned(self) -> list[nn.Parameter]:
        """What a training may change."""
        return [parameter for parameter in self.visual.parameters() if parameter.requires_grad]


class BackboneTower(nn.Module):
    """The encoder of an `AttiqaNet`, its pooled features mapped linearly to the space of the prompts."""

    def __init__(self, net: AttiqaNet, features: int):
        super().__init__()
        self.net = net
        self.projection = nn.Linear(net.heads_hidden.in_features, features)

    def forward(self, images: Images) -> Embeddings:
        return self.projection(self.net.standardise(self.net.features(images)))

    def learned(self) -> list[nn.Parameter]:
        """What a training may change; the attribute heads and the regressor take no part."""
        encoder = [parameter for parameter in self.net.encoder.parameters() if parameter.requires_grad]
        return [*encoder, *self.projection.parameters()]


def random_text(pairs: Sequence[PromptPair], features: int, seed: int = 0) -> TextPairs:
    """Return a stand-in for a frozen text encoder: one fixed random direction per prompt, which knows no language.

    A prompt's direction depends on its text and `seed` alone.
    """
    return torch.stack([torch.stack([_direction(text, features, seed) for text in pair]) for pair in pairs])


def clip_text(network: Any, tokenizer: Any, pairs: Sequence[PromptPair]) -> TextPairs:
    """Return the unit embeddings of antonym prompts by a CLIP's text encoder."""
    device = next(network.parameters()).device
    with torch.no_grad():
        embedded = network.encode_text(tokenizer([text for pair in pairs for text in pair]).to(device)).float()
    return functional.normalize(embedded, dim=1).unflatten(0, (len(pairs), 2))


def in_order(prompts: Mapping[str, PromptPair]) -> list[PromptPair]:
    """Return the pairs of the five attributes in the order of `ATTRIBUTES`."""
    return [prompts[attribute] for attribute in ATTRIBUTES]


def _direction(text: str, features: int, seed: int) -> Tensor:
    digest = hashlib.sha256(f"{seed}:{text.strip().lower()}".encode()).digest()
    generator = torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
    return functional.normalize(torch.randn(features, generator=generator), dim=0)
