"""TD3: off-policy, a deterministic actor that explores by added noise."""

from typing import Any

import numpy as np
from stable_baselines3 import TD3
from stable_baselines3.common.noise import NormalActionNoise
from stable_baselines3.common.vec_env import VecEnv
from torch import nn

from agents.sb3.networks import start_at_zero
from agents.sb3.sac import off_policy_options


def build(env: VecEnv, numbers: dict[str, Any], **shared: Any) -> TD3:
    """Return an untrained TD3 whose action is the constant."""
    size = env.action_space.shape[0]  # type: ignore[index]
    noise = NormalActionNoise(np.zeros(size), numbers["exploration"] * np.ones(size))
    model = TD3("MlpPolicy", env, action_noise=noise, **off_policy_options(numbers), **shared)
    start_at_zero(model.actor.mu[-2])
    model.actor_target.load_state_dict(model.actor.state_dict())
    return model


def actor(model: TD3) -> tuple[nn.Module, ...]:
    """Return the modules of the deterministic actor, in order."""
    return model.actor.features_extractor, model.actor.mu
