"""SAC: off-policy, explores by the entropy of its own policy."""

from typing import Any

from stable_baselines3 import SAC
from stable_baselines3.common.vec_env import VecNormalize
from torch import nn

from agents.sb3.actor import start_at_identity
from agents.sb3.off_policy import off_policy_options


def build(env: VecNormalize, **shared: Any) -> SAC:
    """Return an untrained SAC whose first actions lie about the camera default."""
    model = SAC("MlpPolicy", env, **off_policy_options(), **shared)
    start_at_identity(model.actor.mu, env, squashed=True)
    return model


def actor(model: SAC) -> tuple[nn.Module, ...]:
    """Return the modules whose linear layers are the deterministic actor."""
    return model.actor.latent_pi, model.actor.mu
