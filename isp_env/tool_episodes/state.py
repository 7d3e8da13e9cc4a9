"""Where episodes of picking tools stand, and what a step leads to."""

from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor

from attiqa_core.tensors import Images, PerImage
from isp_env.episodes.state import Observations

Choices = Int[Tensor, " batch"]
"""The index of a tool, or their number for the stop."""
Masks = Bool[Tensor, "batch choices"]
"""True for what may be chosen: each tool, and the stop, which always may."""


@dataclass(frozen=True)
class ToolState:
    """Where each of N episodes stands: which picture it began with, the picture now, how often each tool was used, steps taken,
    whether it has ended, what is seen of the picture (statistics, what the judge says, the small picture), its value's terms."""

    ids: Int[Tensor, " batch"]
    images: Images
    counts: Float[Tensor, "batch tools"]
    steps: Int[Tensor, " batch"]
    ended: Bool[Tensor, " batch"]
    seen: Float[Tensor, "batch seen"]
    terms: Float[Tensor, "batch terms"]

    @property
    def values(self) -> PerImage:
        """The value of the current picture, of which rewards are changes."""
        return self.terms.sum(1)


@dataclass(frozen=True)
class ToolTransition:
    """What one step gives: next state, its observation, the reward, its parts (the columns `task.TERMS`), the end."""

    state: ToolState
    observations: Observations
    rewards: PerImage
    parts: Float[Tensor, "batch terms"]
    terminated: Bool[Tensor, " batch"]
