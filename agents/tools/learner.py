"""What learns to choose, whichever the algorithm: legs of learning on a `ChoiceVecEnv`, an actor, a state to go on from."""

from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from agents.actor import Architecture
from agents.tools.actor import ChoiceNet
from agents.tools.choice_env import ChoiceVecEnv


class Learner(Protocol):
    """One training's networks, optimisers and memory.

    At the start of a leg all generators are seeded by the training's seed and the steps done, and the episodes begin anew: a
    learner with the same `state` learns the same from there on.
    """

    timesteps: int
    """Environment steps done so far."""

    def __init__(self, env: ChoiceVecEnv, architecture: Architecture, numbers: dict[str, Any], seed: int): ...

    def learn(self, timesteps: int) -> dict[str, float]:
        """Do at least so many environment steps more and return figures of them: `reward`, of finished episodes, and others."""
        ...

    def actor(self) -> ChoiceNet:
        """Return a copy of the network whose largest allowed output is the deterministic choice; of one that has several outputs for
        each choice, all choices of a member beside each other, the mean."""
        ...

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return tensors and JSON values to go on from."""
        ...

    def restore(self, tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        ...


class Returns:
    """The returns of the episodes that a leg finished, as the environment counts."""

    def __init__(self, env: ChoiceVecEnv):
        self.scale, self.running = env.reward_scale, np.zeros(env.num_envs)
        self.finished: list[float] = []

    def add(self, rewards: np.ndarray, ended: np.ndarray) -> None:
        """Hear one step of every environment, with the rewards that the learner is given."""
        self.running += rewards / self.scale
        self.finished += self.running[ended].tolist()
        self.running[ended] = 0.0

    def figures(self) -> dict[str, float]:
        """Return their mean as `reward`; nothing where none has finished."""
        return {"reward": float(np.mean(self.finished))} if self.finished else {}


def begin_leg(env: ChoiceVecEnv, seed: int, timesteps: int) -> tuple[np.ndarray, torch.Generator]:
    """Return the first observations of a leg and its generator: both follow from the training's seed and the steps done."""
    own, of_env = np.random.SeedSequence([seed, timesteps]).generate_state(2)
    env.seed(int(of_env >> 1))
    return np.asarray(env.reset()), torch.Generator().manual_seed(int(own))


@torch.no_grad()
def follow(slow: nn.Module, network: nn.Module, share: float) -> None:
    """Move each number of a slow copy that share of the way to the network's."""
    for own, copied in zip(network.parameters(), slow.parameters(), strict=True):
        copied.lerp_(own, share)
