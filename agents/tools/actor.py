"""The network of an agent that picks tools: standardised observations in, one preference per choice out."""

from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

from agents.actor import Architecture, Observations, PictureReader
from isp_env.tool_episodes.state import Choices, Masks

Preferences = Float[Tensor, "batch choices"]


class ChoiceNet(nn.Module):
    """Pictures to features where there are pictures, then linear layers with ReLU between them; unbounded numbers come out.

    Of the `Architecture` it takes inputs, outputs, hidden layers and pictures.
    """

    def __init__(self, architecture: Architecture):
        super().__init__()
        self.architecture = architecture
        self.reader = PictureReader(architecture) if architecture.pictures else nn.Identity()
        width = self.reader.features if isinstance(self.reader, PictureReader) else architecture.inputs
        widths = (width, *architecture.hidden, architecture.outputs)
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, observations: Observations) -> Preferences:
        return self.layers(self.reader(observations))


def masked(preferences: Preferences, masks: Masks) -> Preferences:
    """Return preferences in which what is not allowed is as unlikely as a float can say; finite, so that gradients are."""
    return preferences.masked_fill(~masks, torch.finfo(preferences.dtype).min)


def most_preferred(preferences: Preferences, masks: Masks) -> Choices:
    """Return the allowed choice with the largest preference, the first of equal ones."""
    return masked(preferences, masks).argmax(1)


def drawn(preferences: Preferences, masks: Masks, generator: torch.Generator | None = None) -> Choices:
    """Return an allowed choice of each row, drawn from the softmax of its preferences."""
    return torch.multinomial(masked(preferences, masks).softmax(1), 1, generator=generator)[:, 0]


def randomly(masks: Masks, generator: torch.Generator | None = None) -> Choices:
    """Return an allowed choice of each row, each as likely as the others."""
    return torch.multinomial(masks.float(), 1, generator=generator)[:, 0]
