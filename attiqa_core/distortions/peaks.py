"""Peaks: good photos between two versions of themselves, set otherwise by the same amount in opposite directions.

A ladder of one direction is learned by leaning: whoever likes more colour falls along "less" and rises along "more", and
the next ladder leans back. A score that has to be higher in the middle than at either end learns where photos stand.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.distortions.edits import cast_of, chroma_times, exposed
from attiqa_core.distortions.photo_ladders import square_of
from attiqa_core.distortions.rungs import Rungs, Score, margins_of
from attiqa_core.photos.images import Picture
from attiqa_core.tensors import Images


@dataclass(frozen=True)
class Axis:
    """One setting of a photo, 0 as it is, and the amounts between which one is drawn for both directions."""

    change: Callable[[Images, float], Images]
    low: float
    high: float
    often: int = 1


def _cast_along(hue: float) -> Callable[[Images, float], Images]:
    """Casts in EV towards a hue in degrees, below 0 towards the opposite one."""

    def change(images: Images, amount_ev: float) -> Images:
        return cast_of(images, abs(amount_ev), math.radians(hue if amount_ev >= 0 else hue + 180.0))

    return change


AXES: dict[str, Axis] = {
    "chroma": Axis(lambda images, amount: chroma_times(images, 2.0**amount), 0.35, 1.1, 3),
    "warm and blue": Axis(_cast_along(45.0), 0.25, 0.8, 3),
    "magenta and green": Axis(_cast_along(300.0), 0.25, 0.8, 2),
    "exposure": Axis(exposed, 0.6, 1.5, 1),
}
"""Every axis: chroma in doublings, casts in EV between channels (45 degrees is light of another temperature), exposure in EV.

Chroma x0.78 to x0.47 and x1.27 to x2.1: below the least amounts people hardly see which of the three is the photo.
"""

DRAWN = [axis for axis in AXES.values() for _ in range(axis.often)]
"""One of these is drawn, each as likely as the next."""

MARGIN = 0.04
"""Of the MOS range: between the photo and the better one of its two sides, where both differ from it plainly."""


class PhotoPeaks:
    """Good photos, each with two versions along one axis, one in each direction. See `AXES`."""

    def __init__(self, pictures: Sequence[Picture], source: str = "photos"):
        """Take pictures that are good as they are; `source` says in a word which."""
        assert len(pictures), "peaks need photos to stand on"
        self._pictures, self._source = pictures, source

    def draw(self, scenes: int, side: int, generator: torch.Generator, score: Score) -> Rungs:
        """Return photo, lower and higher side of so many photos, each along an axis of its own."""
        device = generator.device
        chosen = torch.randint(len(self._pictures), (scenes,), generator=generator, device=device).tolist()
        axes = torch.randint(len(DRAWN), (scenes,), generator=generator, device=device).tolist()
        places = torch.rand(scenes, generator=generator, device=device).tolist()
        triples = []
        for index, axis, place in zip(chosen, axes, places, strict=True):
            photo = square_of(self._pictures[index], side, generator)
            triples.append(sides_of(photo, DRAWN[axis], place))
        images = torch.stack(triples, 1)
        margin = torch.tensor([MARGIN], device=device)
        below, above = margins_of(images[:2], margin), margins_of(images[::2], margin)
        return Rungs(images, torch.cat([below, above]), torch.ones(scenes, dtype=torch.bool, device=device))

    def described(self) -> dict[str, Any]:
        """Return what a scorer's description says of them."""
        return {"photos": len(self._pictures), "of": self._source, "axes": len(AXES)}


def sides_of(photo: Float[Tensor, "1 3 height width"], axis: Axis, place: float) -> Float[Tensor, "3 3 height width"]:
    """Return the photo and its versions below and above, (3, 3, side, side), `place` in [0, 1] between the axis's amounts."""
    amount = axis.low + (axis.high - axis.low) * place
    return torch.cat([photo, axis.change(photo, -amount), axis.change(photo, amount)])
