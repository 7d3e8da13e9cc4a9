"""Who picks tools: the agent, and what it is compared with: nothing, chance, greedy steps and a beam, honest ones and oracles."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor

from agents.tools.actor import randomly
from agents.tools.flat import flat_masks
from agents.tools.policy import ToolPolicy
from attiqa_core.judges.judge import Judge
from attiqa_core.tensors import PerImage
from isp_env.episodes.state import Observations
from isp_env.tool_episodes.core import ToolCore
from isp_env.tool_episodes.state import Choices, ToolState

Asks = Literal["nothing", "judge", "reference"]
"""What a chooser has to ask: one that asks the reference is an oracle, which no agent can be."""
Valuer = Callable[[ToolCore, Tensor, Tensor], PerImage]
"""What pictures that come of some contexts are worth: (core, images, ids) to one number each."""


class Chooser(Protocol):
    """Picks the next choice of each episode; `queries` counts the tools that it applied to be judged, of each context."""

    @property
    def name(self) -> str: ...

    @property
    def asks(self) -> Asks: ...

    def choose(self, core: ToolCore, state: ToolState, observations: Observations) -> tuple[Choices, Tensor]:
        """Return an allowed choice for each row, as one number (`agents.tools.flat`), and the queries that this took."""
        ...


def none_asked(state: ToolState) -> Tensor:
    """Return no queries for each row."""
    return torch.zeros_like(state.ids)


@dataclass(frozen=True)
class Nothing:
    """Stops at once."""

    name: str = "nothing"
    asks: Asks = "nothing"

    def choose(self, core: ToolCore, state: ToolState, observations: Observations) -> tuple[Choices, Tensor]:
        return flat_masks(core, state).shape[1] - 1 + none_asked(state), none_asked(state)


@dataclass(frozen=True)
class Chance:
    """Each allowed choice, the stop among them, as likely as the others."""

    generator: torch.Generator
    name: str = "random"
    asks: Asks = "nothing"

    def choose(self, core: ToolCore, state: ToolState, observations: Observations) -> tuple[Choices, Tensor]:
        return randomly(flat_masks(core, state).cpu(), self.generator).to(core.device), none_asked(state)


@dataclass(frozen=True)
class Agent:
    """A trained policy; a step asks the judge once where its observation does."""

    policy: ToolPolicy
    name: str = "agent"

    @property
    def asks(self) -> Asks:
        return "judge" if self.policy.queries else "nothing"

    def choose(self, core: ToolCore, state: ToolState, observations: Observations) -> tuple[Choices, Tensor]:
        asked = none_asked(state) + self.policy.queries
        return self.policy.choose(observations, flat_masks(core, state)), asked


def by_reference(core: ToolCore, images: Tensor, ids: Tensor) -> PerImage:
    """Return the PSNR in dB to the reference, which is known to an oracle alone."""
    return core.psnr(images, ids)


def by_judge(judge: Judge) -> Valuer:
    """Return a valuer that asks the judge."""
    return lambda core, images, ids: judge.score(images)
