"""The settings regressor: a linear map of features, and of what the picture's own settings cost by being off.

A linear map of features likes more of a thing for ever, or less of it. How vivid, how warm and how bright a picture ought
to be depends on what it shows; so it is read off the picture by how much each of these is off, and being off costs either
way.
"""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor, nn

from attiqa_core.distortions.settings import SETTINGS

HIDDEN = 192
ROUND = 0.3
"""Where a cost turns from a parabola into a straight line, in units of `distortions.settings.SPREAD`."""

FIRST_COST = 0.15
"""Of the MOS range for one unit, before anything is learned."""

COSTS = ("chroma", "cast", "exposure", "contrast")
"""What each cost is about; a cast costs the same whatever its hue."""


class SettingsReader(nn.Module):
    """Appends to the features the costs of the settings that it reads off them: 0 where nothing is off, else above.

    Before it has learned, nothing is off.
    """

    def __init__(self, pooled: int):
        super().__init__()
        self.pooled = pooled
        last = nn.Linear(HIDDEN, len(SETTINGS))
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.reading = nn.Sequential(nn.Linear(pooled, HIDDEN), nn.ReLU(), last)

    def off(self, inputs: Float[Tensor, "batch features"]) -> Float[Tensor, "batch settings"]:
        """Return by how much each picture's settings are off, in units of `SPREAD`; pooled features come first in `inputs`."""
        return self.reading(inputs[:, : self.pooled])

    def forward(self, inputs: Float[Tensor, "batch features"]) -> Float[Tensor, "batch more"]:
        return torch.cat([inputs, costs_of(self.off(inputs))], 1)


def costs_of(off: Float[Tensor, "batch settings"]) -> Float[Tensor, "batch costs"]:
    """Return what it costs to be off by so much, for each of `COSTS`, before it is weighed: 0 at 0, and as steep either way."""
    chroma, cast_x, cast_y, exposure, contrast = off.unbind(1)
    squares = torch.stack([chroma.square(), cast_x.square() + cast_y.square(), exposure.square(), contrast.square()], 1)
    return ROUND * ((squares / ROUND**2 + 1).sqrt() - 1)


class SettingsRegressor(nn.Sequential):
    """A `SettingsReader`, then a linear map of the features and the costs that it appends: 1 less the costs, until it is given other weights."""

    def __init__(self, pooled: int, features: int):
        """Take the number of standardised pooled features, which come first, and of all."""
        super().__init__(SettingsReader(pooled), nn.Linear(features + len(COSTS), 1))
        with torch.no_grad():
            self.linear.weight.zero_()
            self.linear.weight[:, -len(COSTS) :] = -FIRST_COST
            self.linear.bias.fill_(1.0)

    @property
    def reader(self) -> SettingsReader:
        return cast(SettingsReader, self[0])

    @property
    def linear(self) -> nn.Linear:
        return cast(nn.Linear, self[1])
