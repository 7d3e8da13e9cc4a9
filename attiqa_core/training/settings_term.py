"""What a settings regressor learns beside the MOS: to read settings off pictures, and to leave them out of the rest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from attiqa_core.distortions.settings import SPREAD, drawn, set_otherwise
from attiqa_core.network.model import AttiqaNet
from attiqa_core.network.settings_regressor import SettingsRegressor
from attiqa_core.photos.images import Picture, crop_at, resize_short_edge, to_images
from attiqa_core.tensors import Embeddings, Images

SIDES = (160, 192, 224, 288)
"""px, one drawn for each step, the smaller the likelier: how a picture is set shows in a small one."""

LEAST_FIELD = 0.6
"""Of the short edge, the side of the smallest square that is shown; the largest is all of it."""

BETA = 0.3  # where the loss turns from squares to differences, in units of `SPREAD`
ALIKE_BETA = 0.1  # the same for the rest of the score, of the MOS range
ALIKE_WEIGHT = 0.5


@dataclass(frozen=True)
class SettingsTerm:
    """A step's photos, half of each pair as they are and half set otherwise, and the loss on them."""

    photos: Sequence[Picture]
    weight: float
    pairs: int

    def loss(
        self, net: AttiqaNet, features: Callable[[Images], Embeddings], chance: torch.Generator
    ) -> Float[Tensor, ""]:
        """Return how far the settings that the regressor reads are from those drawn by `chance`, and by how much the rest
        of its score follows them, weighed."""
        regressor = cast(SettingsRegressor, net.regressor)
        photos = self._squares(chance)
        settings = drawn(len(photos), chance)
        pooled = features(torch.cat([photos, set_otherwise(photos, settings)]))
        inputs = net.regressor_inputs(pooled, net.hidden(pooled))
        wanted = torch.cat([torch.zeros_like(settings), settings]) / settings.new_tensor(SPREAD)
        read = F.smooth_l1_loss(regressor.reader.off(inputs), wanted, beta=BETA)
        before, after = regressor.rest(inputs).chunk(2)
        return self.weight * (read + ALIKE_WEIGHT * F.smooth_l1_loss(after, before, beta=ALIKE_BETA))

    def _squares(self, chance: torch.Generator) -> Images:
        device = chance.device
        likely = torch.tensor([1 / side**2 for side in SIDES], device=device)
        side = SIDES[int(torch.multinomial(likely, 1, generator=chance))]
        chosen = torch.randint(len(self.photos), (self.pairs,), generator=chance, device=device).tolist()
        places = torch.rand(self.pairs, 4, generator=chance, device=device).tolist()
        squares = []
        for index, (size, *place) in zip(chosen, places, strict=True):
            picture = self.photos[index]
            edge = round(min(picture.shape[1:]) * (LEAST_FIELD + (1 - LEAST_FIELD) * size))
            square = to_images(crop_at(picture, edge, *place)[None]).to(device)
            squares.append(resize_short_edge(square, side))
        return torch.cat(squares)
