"""PPO: on-policy, small steps; the default."""

from typing import Any

from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv
from torch import nn

from agents.sb3.networks import start_at_zero
from attiqa_core.errors import UsageError


def build(env: VecEnv, numbers: dict[str, Any], policy_kwargs: dict[str, Any], **shared: Any) -> PPO:
    """Return an untrained PPO whose most likely action is the constant."""
    policy = {**policy_kwargs, "log_std_init": numbers["log_std"]}
    model = PPO("MlpPolicy", env, policy_kwargs=policy, **on_policy_options(env, numbers), **shared)
    start_at_zero(model.policy.action_net)
    return model


def on_policy_options(env: VecEnv, numbers: dict[str, Any]) -> dict[str, Any]:
    """Return PPO's own numbers. Raises: UsageError for an update of a single step."""
    steps = numbers["n_steps"] * env.num_envs
    if steps < 2 or numbers["batch_size"] < 2:
        raise UsageError(
            f"--n-steps {numbers['n_steps']}, --num-envs {env.num_envs}, --batch-size {numbers['batch_size']}: "
            "advantages are compared, so an update and a batch need 2 steps or more"
        )
    same = ("n_steps", "n_epochs", "target_kl", "clip_range", "gae_lambda", "ent_coef", "gamma")
    batch = min(numbers["batch_size"], steps)
    return {"learning_rate": numbers["lr"], "batch_size": batch, **{name: numbers[name] for name in same}}


def actor(model: PPO) -> tuple[nn.Module, ...]:
    """Return the modules of the deterministic actor, in order."""
    policy = model.policy
    return policy.pi_features_extractor, policy.mlp_extractor.policy_net, policy.action_net
