"""RecurrentPPO of sb3-contrib: PPO whose actor and critic each remember the steps of an episode in an LSTM."""

from typing import Any

from sb3_contrib import RecurrentPPO
from stable_baselines3.common.vec_env import VecEnv
from torch import nn

from agents.sb3.networks import start_at_zero
from agents.sb3.ppo import on_policy_options


def build(env: VecEnv, numbers: dict[str, Any], policy_kwargs: dict[str, Any], **shared: Any) -> RecurrentPPO:
    """Return an untrained RecurrentPPO whose most likely action is the constant."""
    policy = {**policy_kwargs, "log_std_init": numbers["log_std"], "lstm_hidden_size": numbers["memory"]}
    model = RecurrentPPO("MlpLstmPolicy", env, policy_kwargs=policy, **on_policy_options(env, numbers), **shared)
    start_at_zero(model.policy.action_net)
    return model


def actor(model: RecurrentPPO) -> tuple[nn.Module, ...]:
    """Return the modules of the deterministic actor, in order."""
    policy: Any = model.policy
    return policy.pi_features_extractor, policy.lstm_actor, policy.mlp_extractor.policy_net, policy.action_net
