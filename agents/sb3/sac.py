"""SAC: off-policy, explores by the entropy of its own policy; and what the off-policy algorithms share."""

from typing import Any, TypeVar

from stable_baselines3 import SAC
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnv
from torch import nn

from agents.sb3.networks import start_at_zero

Model = TypeVar("Model", bound=OffPolicyAlgorithm)


def build(env: VecEnv, numbers: dict[str, Any], **shared: Any) -> SAC:
    """Return an untrained SAC whose most likely action is the constant."""
    return start_at_constant(SAC("MlpPolicy", env, **entropy_options(numbers), **shared), numbers["log_std"])


def off_policy_options(numbers: dict[str, Any]) -> dict[str, Any]:
    """Return how an off-policy algorithm learns from its replay buffer."""
    same = ("batch_size", "gamma", "learning_starts", "buffer_size", "gradient_steps", "tau")
    return {"learning_rate": numbers["lr"], **{name: numbers[name] for name in same}}


def entropy_options(numbers: dict[str, Any]) -> dict[str, Any]:
    """Return the numbers of an algorithm that finds the weight of the entropy by itself."""
    return {**off_policy_options(numbers), "ent_coef": f"auto_{numbers['ent_coef']}"}


def start_at_constant(model: Model, log_std: float) -> Model:
    """Return the model, which now answers residual 0 to everything, with noise of this sigma."""
    own: Any = model.policy.actor
    start_at_zero(own.mu)
    start_at_zero(own.log_std, log_std)
    return model


def actor(model: OffPolicyAlgorithm) -> tuple[nn.Module, ...]:
    """Return the modules of the deterministic actor, in order."""
    own: Any = model.policy.actor
    return own.features_extractor, own.latent_pi, own.mu
