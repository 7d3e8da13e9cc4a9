"""TQC of sb3-contrib: SAC whose critics know distributions of returns and leave the most hopeful quantiles out."""

from typing import Any

from sb3_contrib import TQC
from stable_baselines3.common.vec_env import VecEnv

from agents.sb3.sac import entropy_options, start_at_constant


def build(env: VecEnv, numbers: dict[str, Any], **shared: Any) -> TQC:
    """Return an untrained TQC whose most likely action is the constant."""
    return start_at_constant(TQC("MlpPolicy", env, **entropy_options(numbers), **shared), numbers["log_std"])
