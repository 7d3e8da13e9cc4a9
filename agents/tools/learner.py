"""What learns to choose, whichever the algorithm: legs of learning on a `ChoiceVecEnv`, an actor, a state to go on from."""

from typing import Any, Protocol

from torch import Tensor

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
        """Return a copy of the network whose largest allowed output is the deterministic choice."""
        ...

    def state(self) -> tuple[dict[str, Tensor], dict[str, Any]]:
        """Return tensors and JSON values to go on from."""
        ...

    def restore(self, tensors: dict[str, Tensor], values: dict[str, Any]) -> None:
        """Go on from what `state` returned."""
        ...
