"""Versions of one scene in an order that is known without asking anybody, and who draws them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import Images, Scores

Score = Callable[[Images], Scores]
"""The scorer that learns, as it is now."""


@dataclass(frozen=True)
class Rungs:
    """Scenes in versions, the best first: display sRGB in [0, 1], and by how much each should score above the next."""

    images: Float[Tensor, "rungs scenes 3 height width"]
    margins: Float[Tensor, "steps scenes"]


PLAIN = 0.03
"""Mean difference of display values from which on a change is plain to see."""


def margins_of(images: Float[Tensor, "rungs scenes 3 height width"], full: Float[Tensor, " steps"]) -> Tensor:
    """Return the margins (steps, scenes): `full` where neighbours differ plainly, in proportion where they hardly do.

    A grey picture looks the same with its hues turned, and nobody has to score it lower for that.
    """
    apart = (images[1:] - images[:-1]).abs().mean((2, 3, 4))
    return full[:, None] * (apart / PLAIN).clamp_max(1)


class Ladders(Protocol):
    """Draws rungs for a training step; the same generator and scorer give the same rungs."""

    def draw(self, scenes: int, side: int, generator: torch.Generator, score: Score) -> Rungs:
        """Return square versions of so many scenes, `side` px or the largest below that there is.

        `score` is for ladders that look for what it likes wrongly; they ask for gradients to the images alone.
        """
        ...

    def described(self) -> dict[str, Any]:
        """Return what a scorer's description says of them, ready for JSON."""
        ...
