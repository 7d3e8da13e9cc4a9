"""People's choices between two pictures, and the loss of a scorer on them (Bradley and Terry 1952)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from attiqa_core.photos.images import Picture, crop_at, resize_short_edge, to_images
from attiqa_core.photos.picture_cache import CENTRE
from attiqa_core.tensors import Images, Scores

TEMPERATURE = 0.1
"""Difference of two scores, of the MOS range, that makes 73 % choose the better one: where a temperature is learned it begins here."""


@dataclass(frozen=True)
class Preferences:
    """Votes on pairs of `pictures`: each row of `pairs` holds two of their numbers, `wanted` how far the vote is for the first.

    1 and 0 are choices, 0.75 and 0.25 slight ones, 0.5 a tie. NaN is no vote and counts for nothing.
    """

    pictures: Sequence[Picture]
    pairs: Int[Tensor, "votes 2"]
    wanted: Float[Tensor, " votes"]


def preference_loss(
    first: Float[Tensor, " votes"],
    second: Float[Tensor, " votes"],
    wanted: Float[Tensor, " votes"],
    temperature: float | Tensor,
) -> Float[Tensor, ""]:
    """Return the mean cross-entropy, in nats, of votes under sigmoid((first - second) / temperature).

    `wanted` in [0, 1] is how far a vote is for the first; a tie is lowest where both score alike. Exchanging the sides, and
    `wanted` with 1 - `wanted`, changes nothing. A vote that is NaN adds nothing, to the gradient neither; without a vote
    the loss is 0. Source: Bradley and Terry 1952, with soft labels.
    """
    known = wanted.isfinite()
    gaps = torch.where(known, first - second, 0.0) / temperature
    per_vote = F.binary_cross_entropy_with_logits(gaps, wanted.nan_to_num(), reduction="none")
    return (per_vote * known).sum() / known.sum().clamp_min(1)


@dataclass(frozen=True)
class PreferenceTerm:
    """The votes' part of a step's loss: a few of them are drawn, and both pictures of each seen through one crop."""

    preferences: Preferences
    temperature: float
    weight: float
    """Of the votes' nats beside those of the MOS: `mos_loss` is `TEMPERATURE` times the nats of errors that spread by as much."""
    votes: int
    """Votes of a step."""

    def loss(
        self, score: Callable[[Images], Scores], crop: int, side: int, flip: bool, chance: torch.Generator
    ) -> Float[Tensor, ""]:
        """Return the loss on votes drawn by `chance`, in crops of `crop` px that are brought to `side`."""
        device, known = chance.device, self.preferences
        drawn = torch.randint(len(known.wanted), (self.votes,), generator=chance, device=device).cpu()
        places = torch.rand(self.votes, 3, generator=chance, device=device).cpu()
        if not flip:
            places[:, 2] = CENTRE[2]
        crops = [
            crop_at(known.pictures[index], crop, *place)
            for of_side in known.pairs[drawn].T.tolist()
            for index, place in zip(of_side, places.tolist(), strict=True)
        ]
        first, second = score(resize_short_edge(to_images(torch.stack(crops).to(device)), side)).chunk(2)
        wanted = known.wanted[drawn].to(first)
        return TEMPERATURE * self.weight * preference_loss(first, second, wanted, self.temperature)
