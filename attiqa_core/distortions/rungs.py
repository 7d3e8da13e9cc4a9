"""Versions of one scene in an order that is known without asking anybody, and who draws them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attiqa_core.tensors import Images, Scores

Score = Callable[[Images], Scores]
"""The scorer that learns, as it is now."""


@dataclass(frozen=True)
class Rungs:
    """Scenes in versions, the best first: display sRGB in [0, 1], and by how much each should score above the next.

    Where a scene is `two_sided` the others stand on either side of the first, and it should score above both.
    """

    images: Float[Tensor, "rungs scenes 3 height width"]
    margins: Float[Tensor, "steps scenes"]
    two_sided: Bool[Tensor, " scenes"] | None = None

    @property
    def between(self) -> Bool[Tensor, " scenes"]:
        """Which scenes are two-sided; none where nothing is said."""
        none = torch.zeros(self.images.shape[1], dtype=torch.bool, device=self.images.device)
        return none if self.two_sided is None else self.two_sided


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
