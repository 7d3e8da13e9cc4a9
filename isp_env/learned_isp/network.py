"""The network: (views of a raw, scene, action) -> picture, exactly the default picture at the default action.

    picture = clip(default + sum over k of gate_k(d) * change_k(view, d, scene)),    d = action - default action

The gates have no bias anywhere, so that all of them are 0 at d = 0, bit for bit, whatever was learned. `change` is a function
of each pixel and a few neighbours whose layers are scaled and shifted by d and the scene: one pixel's colour, its brightness
among its surroundings, and fine detail are what sliders act on. After Tseng et al., Hyperparameter optimization in black-box
image processing using differentiable proxies, 2019 (the idea: one network for all parameters of a program that nobody can
differentiate) and He et al., Conditional sequential modulation for efficient global image retouching, 2020 (pixelwise layers,
modulated); both re-expressed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from attiqa_core.errors import InputError
from attiqa_core.tensors import Images
from isp_env.learned_isp.inputs import CHANNELS, GRIDS, STATISTICS, Views
from isp_env.learned_isp.vectors import Actions
from isp_env.stages.output import clip

LARGEST = 512  # of any of an architecture's numbers: a file that asks for more is damaged
SCALES = 1
"""Entries that say how large a view's pixels are."""
LAYERS = 3


@dataclass(frozen=True)
class Architecture:
    """What has to be known to build the network: how many controls, and how wide it is."""

    controls: int
    width: int = 32
    detail: int = 12
    gates: int = 8

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> "Architecture":
        """Return what a file holds. Raises: InputError for keys or numbers that no network has."""
        names = set(cls.__dataclass_fields__)
        if set(stored) != names or not all(type(each) is int and 0 < each <= LARGEST for each in stored.values()):
            raise InputError(f"architecture {dict(stored)!r}: needs whole numbers up to {LARGEST} for {sorted(names)}")
        return cls(**stored)


class LearnedNetwork(nn.Module):
    """The picture that a program would make; gradients flow to the action. Pictures of any size."""

    default_action: Tensor

    def __init__(self, architecture: Architecture, default_action: Tensor):
        super().__init__()
        self.architecture = architecture
        width, detail, gates = architecture.width, architecture.detail, architecture.gates
        self.register_buffer("default_action", default_action.detach().float().clone())
        self.pixel = nn.Conv2d(CHANNELS - GRIDS, detail, 1)
        self.near, self.far = nn.Conv2d(detail, detail, 3), nn.Conv2d(detail, detail, 3)
        self.first = nn.Linear(CHANNELS + detail, width)
        self.second, self.third = nn.Linear(width, width), nn.Linear(width, width)
        self.change = nn.Linear(width, 3 * gates)
        self.gates = nn.Sequential(
            nn.Linear(architecture.controls, width, bias=False), nn.SiLU(), nn.Linear(width, gates, bias=False)
        )
        condition = architecture.controls + STATISTICS + SCALES
        self.modulation = nn.Sequential(
            nn.Linear(condition, 2 * width), nn.SiLU(), nn.Linear(2 * width, LAYERS * 2 * width)
        )

    def forward(
        self,
        views: Views,
        statistics: Float[Tensor, "batch statistics"],
        shrinking: Float[Tensor, " batch"],
        actions: Actions,
    ) -> Images:
        """Return the pictures. `shrinking`: pixels of the full-size picture along one of the view's."""
        moved = actions - self.default_action
        condition = torch.cat([moved, statistics, shrinking[:, None].log2() / 4], 1)
        modulation = self.modulation(condition).unflatten(1, (LAYERS, 2, -1))
        hidden = torch.cat([views, self._detail(views[:, : CHANNELS - GRIDS])], 1).flatten(2)
        for layer, by_layer in zip((self.first, self.second, self.third), modulation.unbind(1), strict=True):
            scale, shift = by_layer[:, 0, :, None], by_layer[:, 1, :, None]
            weight = (1 + scale) * layer.weight
            hidden = F.silu(torch.baddbmm(shift + (1 + scale) * layer.bias[:, None], weight, hidden))
        change = self._change(self.gates(moved), hidden).unflatten(2, views.shape[-2:])
        return clip(views[:, :3] + change)

    def _change(self, gates: Float[Tensor, "batch gates"], hidden: Float[Tensor, "batch width pixels"]) -> Tensor:
        """The sum of what each gate lets through, added up before it meets the pixels."""
        table = torch.cat([self.change.weight, self.change.bias[:, None]], 1).unflatten(0, (-1, 3))
        weights = torch.einsum("bg,gcw->bcw", gates, table)
        return torch.baddbmm(weights[..., -1:], weights[..., :-1], hidden)

    def _detail(self, planes: Tensor) -> Tensor:
        """What is in a pixel's neighbourhood of 5 x 5; borders repeat their pixels."""
        near = self.near(_with_border(F.silu(self.pixel(planes))))
        return self.far(_with_border(F.silu(near)))


REACH_PX = 2
"""How far a pixel of the picture depends on the view's, apart from the grids."""


def _with_border(planes: Tensor) -> Tensor:
    return F.pad(planes, (1, 1, 1, 1), mode="replicate")


def built(architecture: Architecture, default_action: Tensor, seed: int) -> LearnedNetwork:
    """Return an untrained network, drawn from the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return LearnedNetwork(architecture, default_action)
