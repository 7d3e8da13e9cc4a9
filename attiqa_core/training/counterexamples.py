"""What a score must fall for: spoiled versions of the rated photos, and ladders of worse and worse versions of good ones."""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.distortions.corruptions import SPOILS, TRAINED, Spoil
from attiqa_core.distortions.rungs import Rungs, Score
from attiqa_core.tensors import Images, Scores
from attiqa_core.training.losses import shortfall_loss
from attiqa_core.training.recipe import Corruptions

SHARE = 0.5
"""Of a step's photos are spoiled."""

MARGIN = 0.1
"""Of the MOS range: how far below its photo a spoiled version has to score."""

STOPPED = 0.5
"""Share of a photo's own gradient that is left out: people's scores alone say how good it is."""

WAYS: dict[Corruptions, list[Spoil]] = {
    "trained": list(TRAINED.values()),
    "held-out": [spoil for spoil in SPOILS.values() if spoil.held_out],
    "all": list(SPOILS.values()),
}
"""What each choice of corruptions draws from."""


def spoiled_count(photos: int) -> int:
    """Return how many photos of a step of so many are spoiled: half, rounded up."""
    return -(-photos // round(1 / SHARE))


def spoil_each(photos: Images, generator: torch.Generator, corruptions: Corruptions = "trained") -> Images:
    """Return each photo spoiled in a way of these corruptions and a strength of its own, both drawn."""
    ways = WAYS[corruptions]
    kinds = torch.randint(len(ways), (len(photos),), generator=generator, device=generator.device).tolist()
    strengths = torch.rand(len(photos), generator=generator, device=generator.device).tolist()
    return torch.cat(
        [
            ways[kind].apply(photo, strength, generator)
            for photo, kind, strength in zip(photos.split(1), kinds, strengths, strict=True)
        ]
    )


def spoiled_loss(photos: Scores, spoiled: Scores) -> Float[Tensor, ""]:
    """Return by how much the photos fall short of scoring `MARGIN` above their spoiled versions."""
    return shortfall_loss(photos, spoiled, MARGIN, STOPPED)


def ladder_loss(score: Score, rungs: Rungs) -> Float[Tensor, ""]:
    """Return by how much each rung falls short of its margin above the next; all are scored as one batch.

    Of a two-sided scene the harder side alone counts. Leaning from one side to the other then gains nothing: what one
    side wins the other loses, and only a score that is highest at the photo pays.
    """
    scores = score(rungs.images.flatten(0, 1)).unflatten(0, rungs.images.shape[:2])
    margins = rungs.margins.to(scores)
    if rungs.two_sided is None:
        return shortfall_loss(scores[:-1], scores[1:], margins)
    better = torch.where(rungs.two_sided, scores[:1], scores[:-1])
    short = (margins - (better - scores[1:])).relu()
    return torch.where(rungs.two_sided, short.amax(0), short.mean(0)).mean()
