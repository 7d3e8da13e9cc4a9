"""A trained policy: the best constant plus what the state adds; it acts without Stable-Baselines3."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from agents.actor import Actor, Memory, Observations
from agents.normaliser import Normaliser
from isp_env.core import Actions, Task
from isp_env.reward_weights import RewardWeights

REACH = 0.6
"""How far from the constant a policy may go, in halves of a parameter's range."""


@dataclass(frozen=True)
class Policy:
    """A deterministic policy: action = base + reach * actor(normaliser(observation)), inside [-1, 1].

    `base` is one action for every raw; a policy without an actor is that constant and nothing else. In iterative episodes the
    base is the change of each step. `scorer` names the reward model and its SHA-256: a policy is only as good as the scorer it
    was trained against. `training` says by what and on what, and holds the mean action over the training contexts. `isp` says which
    program made the pictures (`Isp.described`), None: our own ISP.
    """

    base: Float[Tensor, " parameters"]
    reach: float
    actor: Actor | None
    normaliser: Normaliser
    task: Task
    weights: RewardWeights
    scorer: dict[str, Any]
    training: dict[str, Any]
    isp: Mapping[str, Any] | None = None

    @torch.no_grad()
    def act(self, observations: Observations) -> Actions:
        """Return the most likely action of each observation, in [-1, 1]; of a recurrent policy that of a first step."""
        return self.respond(observations, None)[0]

    def respond(self, observations: Observations, memory: Memory | None) -> tuple[Actions, Memory | None]:
        """Return actions in [-1, 1] and the memory of the next step; gradients flow to the actor's weights."""
        base = self.base.to(observations.device).expand(len(observations), -1)
        if self.actor is None:
            return base, None
        residuals, memory = self.actor(self.normaliser.to(observations.device)(observations), memory)
        return (base + self.reach * residuals).clamp(-1, 1), memory
