"""The settings regressor: a linear map, less what the picture's own settings cost by being off.

A linear map likes more of a thing for ever, or less of it. How vivid, how warm and how bright a picture ought to be
depends on what it shows; so it is read off the picture by how much each of these is off, and being off costs either way.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from attiqa_core.distortions.settings import SETTINGS

HIDDEN = 192
ROUND = 0.3  # where a cost turns from a parabola into a straight line, in units of `distortions.settings.SPREAD`
FIRST_COST = 0.15  # of the MOS range for one unit, before anything is learned
COSTS = 4  # chroma, cast, exposure, contrast: a cast costs the same whatever its hue


class SettingsRegressor(nn.Module):
    """rest(z) - sum of costs of the settings that `off` reads, z the standardised pooled features and the heads' hidden ones."""

    def __init__(self, pooled: int, features: int):
        super().__init__()
        self.pooled = pooled
        self.rest = nn.Linear(features, 1)
        self.reading = nn.Sequential(nn.Linear(pooled, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, len(SETTINGS)))
        self.log_costs = nn.Parameter(torch.full((COSTS,), math.log(math.expm1(FIRST_COST))))

    def fresh(self) -> list[nn.Parameter]:
        """Return what no ridge regression is solved for: the reading of settings and their costs."""
        return [*self.reading.parameters(), self.log_costs]

    def off(self, inputs: Float[Tensor, "batch features"]) -> Float[Tensor, "batch settings"]:
        """Return by how much each picture's settings are off, in units of `SPREAD`."""
        return self.reading(inputs[:, : self.pooled])

    def cost(self, off: Float[Tensor, "batch settings"]) -> Float[Tensor, "batch 1"]:
        """Return what it costs to be off by so much, 0 where nothing is; as a share of the MOS range."""
        chroma, cast_x, cast_y, exposure, contrast = off.unbind(1)
        squares = torch.stack(
            [chroma.square(), cast_x.square() + cast_y.square(), exposure.square(), contrast.square()], 1
        )
        per_setting = ROUND * ((squares / ROUND**2 + 1).sqrt() - 1)
        return (F.softplus(self.log_costs) * per_setting).sum(1, keepdim=True)

    def forward(self, inputs: Float[Tensor, "batch features"]) -> Float[Tensor, "batch 1"]:
        return self.rest(inputs) - self.cost(self.off(inputs))
