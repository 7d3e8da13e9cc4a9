"""The algorithms that train an agent: one row each, readable without torch or Stable-Baselines3."""

from dataclasses import dataclass
from typing import Literal

from attiqa_core.errors import UsageError

Activation = Literal["tanh", "relu"]
Squash = Literal["clip", "tanh"]

TIMESTEPS = 8192  # of a training, over all its environments
NUM_ENVS = 32  # episodes that a training runs as one batch


@dataclass(frozen=True)
class Algorithm:
    """How an SB3 model is built, and how its deterministic actor is read off as plain layers.

    `build`: "module:function" from a normalised environment and SB3's shared options to an untrained model whose first
    actions lie about the camera default; `actor`: "module:function" from the model to the modules that hold the actor's
    linear layers, in order; `activation` stands between them, `squash` keeps the actions in [-1, 1].
    """

    build: str
    actor: str
    activation: Activation
    squash: Squash


ALGORITHMS: dict[str, Algorithm] = {
    "ppo": Algorithm("agents.sb3.ppo:build", "agents.sb3.ppo:actor", "tanh", "clip"),
    "sac": Algorithm("agents.sb3.sac:build", "agents.sb3.sac:actor", "relu", "tanh"),
    "td3": Algorithm("agents.sb3.td3:build", "agents.sb3.td3:actor", "relu", "tanh"),
}
"""By the name that `attiqa train --algo` takes. A new one is a file in agents/sb3/ and a row here."""


def find_algorithm(name: str) -> Algorithm:
    """Return the row of a name. Raises: UsageError with the names there are."""
    if name not in ALGORITHMS:
        raise UsageError(f"algorithm {name!r} is not one of {', '.join(ALGORITHMS)}")
    return ALGORITHMS[name]
