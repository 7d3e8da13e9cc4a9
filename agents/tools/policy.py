"""A trained policy that picks tools; it acts without Stable-Baselines3."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from agents.normaliser import Normaliser
from agents.tools.actor import ChoiceNet, Choices, Masks, Observations, most_preferred
from isp_env.tool_episodes.task import ToolTask


@dataclass(frozen=True)
class ToolPolicy:
    """A deterministic policy: of the allowed choices the one that its network prefers for the standardised observation.

    `tools` by name, in order, with the SHA-256 of the weights of those that are learned, "" for the others; in `hybrid` a choice is
    a tool at one of the task's levels (`agents.tools.flat`). `judge` is the name and hash of the judge that the observation
    asks, {} where it asks none. `size_px`: side of the pictures it was trained on. `training` says by what, and on what.
    """

    actor: ChoiceNet
    normaliser: Normaliser
    task: ToolTask
    tools: Mapping[str, str]
    judge: Mapping[str, str]
    size_px: int
    training: dict[str, Any]

    @property
    def queries(self) -> int:
        """How often a step asks the judge."""
        return 1 if self.judge else 0

    @torch.no_grad()
    def choose(self, observations: Observations, masks: Masks) -> Choices:
        """Return the preferred of the allowed choices, where the masks lie; the network answers where its weights do."""
        own = self.normaliser.mean.device
        return most_preferred(self.actor(self.normaliser(observations.to(own))).to(masks.device), masks)
