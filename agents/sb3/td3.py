"""TD3: off-policy, a deterministic actor that explores by added noise."""

from typing import Any

import numpy as np
from stable_baselines3 import TD3
from stable_baselines3.common.noise import NormalActionNoise
from stable_baselines3.common.vec_env import VecNormalize
from torch import nn

from agents.sb3.actor import start_at_identity
from agents.sb3.off_policy import off_policy_options

EXPLORATION = 0.15  # sigma of the noise, in halves of the action's range


def build(env: VecNormalize, **shared: Any) -> TD3:
    """Return an untrained TD3 whose first actions lie about the camera default."""
    size = env.action_space.shape[0]  # type: ignore[index]
    noise = NormalActionNoise(np.zeros(size), EXPLORATION * np.ones(size))
    model = TD3("MlpPolicy", env, action_noise=noise, **off_policy_options(), **shared)
    start_at_identity(model.actor.mu[-2], env, squashed=True)
    model.actor_target.load_state_dict(model.actor.state_dict())
    return model


def actor(model: TD3) -> tuple[nn.Module, ...]:
    """Return the modules whose linear layers are the deterministic actor."""
    return (model.actor.mu,)
