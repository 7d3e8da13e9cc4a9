"""The network of a policy: standardised observations in, one number per parameter out."""

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from agents.algorithms import Activation, Squash

Observations = Float[Tensor, "batch observation"]
Residuals = Float[Tensor, "batch parameters"]
Memory = tuple[Tensor, Tensor]
"""What an LSTM carries from one step of an episode to the next: (1, batch, units) twice."""

KERNEL, STRIDE = 4, 2
CHANNELS = (16, 32, 32)
"""Of the convolutions that look at each small picture."""


@dataclass(frozen=True)
class Architecture:
    """The shape of an actor, as a bundle's description holds it.

    `inputs`: entries of an observation; the last `pictures` * 3 * `picture_px`**2 of them are small pictures, if there are
    any. `squash` keeps what comes out in [-1, 1]; `memory`: units of an LSTM before the layers, 0 without one.
    """

    inputs: int
    outputs: int
    hidden: tuple[int, ...] = (48,)
    activation: Activation = "tanh"
    squash: Squash = "clip"
    pictures: int = 0
    picture_px: int = 0
    memory: int = 0

    @property
    def picture_entries(self) -> int:
        return self.pictures * 3 * self.picture_px**2

    @property
    def statistics(self) -> int:
        """Entries of an observation that are no pictures."""
        return self.inputs - self.picture_entries

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Architecture":
        return cls(**{**stored, "hidden": tuple(stored["hidden"])})


class PictureReader(nn.Module):
    """Statistics as they are, followed by what convolutions see in each small picture; every picture by the same ones."""

    def __init__(self, architecture: Architecture):
        super().__init__()
        self.architecture = architecture
        pairs = zip((3, *CHANNELS[:-1]), CHANNELS, strict=True)
        convolutions = [nn.Conv2d(before, after, KERNEL, STRIDE, padding=1) for before, after in pairs]
        self.look = nn.Sequential(*(layer for each in convolutions for layer in (each, nn.ReLU())))

    @property
    def features(self) -> int:
        """Mean and largest of every channel of every picture, and the statistics."""
        return self.architecture.statistics + 2 * CHANNELS[-1] * self.architecture.pictures

    def forward(self, observations: Observations) -> Float[Tensor, "batch features"]:
        shape = self.architecture
        statistics, flat = observations.split([shape.statistics, shape.picture_entries], 1)
        pictures = flat.reshape(-1, 3, shape.picture_px, shape.picture_px)
        seen = self.look(2 * pictures - 1)
        pooled = torch.cat([seen.mean((2, 3)), seen.amax((2, 3))], 1)
        return torch.cat([statistics, pooled.reshape(len(observations), -1)], 1)


class Actor(nn.Module):
    """Pictures to features (where there are pictures), an LSTM (where there is memory), then linear layers."""

    def __init__(self, architecture: Architecture):
        super().__init__()
        self.architecture = architecture
        self.reader = PictureReader(architecture) if architecture.pictures else nn.Identity()
        width = self.reader.features if isinstance(self.reader, PictureReader) else architecture.inputs
        self.lstm = nn.LSTM(width, architecture.memory) if architecture.memory else None
        widths = (architecture.memory or width, *architecture.hidden, architecture.outputs)
        self.layers = nn.ModuleList(nn.Linear(before, after) for before, after in pairwise(widths))

    def start_at_zero(self) -> "Actor":
        """Return the actor, which now answers 0 to everything and can still learn."""
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        return self

    def forward(self, observations: Observations, memory: Memory | None = None) -> tuple[Residuals, Memory | None]:
        """Return residuals in [-1, 1], differentiable but where "clip" clips, and the memory to hand in at the next step."""
        hidden = self.reader(observations)
        if self.lstm is not None:
            hidden, memory = self.lstm(hidden[None], memory)
            hidden = hidden[0]
        activate = torch.tanh if self.architecture.activation == "tanh" else torch.relu
        for layer in self.layers[:-1]:
            hidden = activate(layer(hidden))
        outputs = self.layers[-1](hidden)
        return torch.tanh(outputs) if self.architecture.squash == "tanh" else outputs.clamp(-1, 1), memory
