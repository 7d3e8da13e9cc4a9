"""PPO: on-policy, small steps; the default."""

from typing import Any

from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecNormalize
from torch import nn

from agents.sb3.actor import HIDDEN, start_at_identity

ROLLOUT = 128  # transitions between two updates, over all environments


def build(env: VecNormalize, **shared: Any) -> PPO:
    """Return an untrained PPO whose first actions lie about the camera default."""
    steps = max(1, ROLLOUT // env.num_envs)
    model = PPO(
        "MlpPolicy",
        env,
        n_steps=steps,
        batch_size=min(64, steps * env.num_envs),
        n_epochs=8,
        learning_rate=2e-3,
        gamma=0.99,
        ent_coef=0.0,
        policy_kwargs={"net_arch": HIDDEN, "log_std_init": -2.0},
        **shared,
    )
    start_at_identity(model.policy.action_net, env, squashed=False)
    return model


def actor(model: PPO) -> tuple[nn.Module, ...]:
    """Return the modules whose linear layers are the deterministic actor."""
    return model.policy.mlp_extractor.policy_net, model.policy.action_net
