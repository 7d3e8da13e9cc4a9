"""The networks of Stable-Baselines3's policies: as our actor has them, and how to get from one to the other."""

from collections.abc import Iterator
from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from agents.actor import Actor, Architecture, PictureReader

LEARNED = (nn.Conv2d, nn.LSTM, nn.Linear)


class PictureFeatures(BaseFeaturesExtractor):
    """The reader of small pictures, as SB3's features extractor."""

    def __init__(self, observation_space: spaces.Box, architecture: Architecture):
        reader = PictureReader(architecture)
        super().__init__(observation_space, reader.features)
        self.reader = reader

    def forward(self, observations: Tensor) -> Tensor:
        return self.reader(observations)


def network_options(architecture: Architecture) -> dict[str, Any]:
    """Return SB3's `policy_kwargs` for an architecture, fresh: SB3 writes into what it is given.

    Actor and critic each look at pictures with convolutions of their own.
    """
    options: dict[str, Any] = {"net_arch": list(architecture.hidden), "share_features_extractor": False}
    if architecture.pictures:
        extractor = {"features_extractor_class": PictureFeatures}
        options |= {**extractor, "features_extractor_kwargs": {"architecture": architecture}}
    return options


def start_at_zero(last: nn.Module, bias: float = 0.0) -> None:
    """Make a last layer answer the same to everything; it can still learn."""
    assert isinstance(last, nn.Linear)
    nn.init.zeros_(last.weight)
    nn.init.constant_(last.bias, bias)


def copied_actor(architecture: Architecture, *parts: nn.Module) -> Actor:
    """Return an actor with the weights of SB3's: the convolutions, LSTM and linear layers of `parts`, in order."""
    actor = Actor(architecture)
    with torch.no_grad():
        for source, target in zip(_learned(*parts), _learned(actor), strict=True):
            target.load_state_dict(source.state_dict())
    return actor.requires_grad_(False)


def give_actor(actor: Actor, *parts: nn.Module) -> None:
    """Give SB3's actor, the layers of `parts` in order, the weights of ours; its exploration stays as it is."""
    with torch.no_grad():
        for source, target in zip(_learned(actor), _learned(*parts), strict=True):
            target.load_state_dict(source.state_dict())


def _learned(*parts: nn.Module) -> Iterator[nn.Module]:
    return (module for part in parts for module in part.modules() if isinstance(module, LEARNED))
