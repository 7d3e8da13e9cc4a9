"""A trained policy that picks tools; it acts without Stable-Baselines3."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from agents.normaliser import Normaliser
from agents.tools.actor import ChoiceNet, Choices, Masks, Observations, Preferences, masked
from isp_env.tool_episodes.task import ToolTask

SMALLEST_SPREAD = 1e-3
"""Of the members' answers: nobody is surer."""


@dataclass(frozen=True)
class ToolPolicy:
    """A deterministic policy: of the allowed choices the one that its network prefers for the standardised observation.

    `tools` by name, in order, with the SHA-256 of the weights of those that are learned, "" for the others; in `hybrid` a choice is
    a tool at one of the task's levels (`agents.tools.flat`). `judge` is the name and hash of the judge that the observation
    asks, {} where it asks none. `size_px`: side of the pictures it was trained on. `training` says by what, and on what. `members`: how
    many answers about each choice the network gives, whose mean decides. `caution`: of a tool so many deviations of the members'
    answers are taken off (`agents.tools.caution`).
    """

    actor: ChoiceNet
    normaliser: Normaliser
    task: ToolTask
    tools: Mapping[str, str]
    judge: Mapping[str, str]
    size_px: int
    training: dict[str, Any]
    members: int = 1
    caution: float = 0.0

    @property
    def queries(self) -> int:
        """How often a step asks the judge."""
        return 1 if self.judge else 0

    @torch.no_grad()
    def answers(self, observations: Observations, masks: Masks) -> tuple[Preferences, Preferences]:
        """Return mean and deviation of the members' answers about each choice, the mean the least there is for what is not allowed;
        one member's deviation is the smallest. They lie where the masks do; the network answers where its weights are."""
        own = self.normaliser.mean.device
        answers = self.actor(self.normaliser(observations.to(own))).to(masks.device)
        apart = answers.unflatten(1, (self.members, -1))
        return masked(apart.mean(1), masks), apart.std(1, correction=0).clamp_min(SMALLEST_SPREAD)

    def preferences(self, observations: Observations, masks: Masks) -> Preferences:
        """Return the preference for each choice, the least there is for what is not allowed."""
        means, spreads = self.answers(observations, masks)
        if self.caution:
            means[:, :-1] -= self.caution * spreads[:, :-1]
        return masked(means, masks)

    def choose(self, observations: Observations, masks: Masks) -> Choices:
        """Return the preferred of the allowed choices, the first of equal ones."""
        return self.preferences(observations, masks).argmax(1)
