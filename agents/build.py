"""Stable-Baselines3 algorithms for the ISP task, and their actors as plain layers."""

from typing import Any, Literal

import torch
from stable_baselines3 import PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecNormalize
from torch import nn

from agents.policy import Activation, Normaliser, Squash
from isp_env.params import IspParams

Algorithm = Literal["ppo", "sac", "td3"]
Layers = list[tuple[torch.Tensor, torch.Tensor]]

HIDDEN = [64, 64]
ROLLOUT = 128  # transitions between two PPO updates, over all environments


def build_algorithm(algorithm: Algorithm, env: VecNormalize, seed: int, log_folder: str | None) -> BaseAlgorithm:
    """Return an untrained algorithm whose first actions lie about the camera default."""
    shared: dict[str, Any] = {"seed": seed, "tensorboard_log": log_folder, "device": "cpu", "verbose": 0}
    match algorithm:
        case "ppo":
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
            start_at_identity(model.policy.action_net, squashed=False)
        case "sac":
            model = SAC("MlpPolicy", env, learning_starts=256, gradient_steps=-1, batch_size=128, buffer_size=50_000,
                        learning_rate=1e-3, gamma=0.95, policy_kwargs={"net_arch": HIDDEN}, **shared)  # fmt: skip
            start_at_identity(model.actor.mu, squashed=True)
        case "td3":
            model = TD3("MlpPolicy", env, learning_starts=256, gradient_steps=-1, batch_size=128, buffer_size=50_000,
                        learning_rate=1e-3, gamma=0.95, action_noise=exploration(env), policy_kwargs={"net_arch": HIDDEN},
                        **shared)  # fmt: skip
            start_at_identity(model.actor.mu[-2], squashed=True)
            model.actor_target.load_state_dict(model.actor.state_dict())
    return model


def exploration(env: VecNormalize):
    """Return TD3's exploration noise, sigma 0.15 of the action range's half."""
    import numpy as np
    from stable_baselines3.common.noise import NormalActionNoise

    size = env.action_space.shape[0]  # type: ignore[index]
    return NormalActionNoise(np.zeros(size), 0.15 * np.ones(size))


def start_at_identity(last: nn.Module, *, squashed: bool) -> None:
    """Shift the last layer's bias so that an untrained policy leaves the camera default nearly as it is."""
    assert isinstance(last, nn.Linear)
    identity = IspParams.identity_action()
    with torch.no_grad():
        last.weight.mul_(0.1)
        last.bias.copy_(torch.atanh(identity.clamp(-0.9, 0.9)) if squashed else identity)


def actor_layers(model: BaseAlgorithm) -> tuple[Layers, Activation, Squash]:
    """Return the deterministic actor of a PPO, SAC or TD3 model as layers, activation and squash."""
    match model:
        case PPO():
            return linear_layers(model.policy.mlp_extractor.policy_net, model.policy.action_net), "tanh", "clip"
        case SAC():
            return linear_layers(model.actor.latent_pi, model.actor.mu), "relu", "tanh"
        case TD3():
            return linear_layers(model.actor.mu), "relu", "tanh"
    raise AssertionError(f"{type(model).__name__} is not one of PPO, SAC, TD3")


def linear_layers(*parts: nn.Module) -> Layers:
    """Return weight and bias of every linear layer, in order."""
    found = [module for part in parts for module in part.modules() if isinstance(module, nn.Linear)]
    return [(layer.weight.detach().clone(), layer.bias.detach().clone()) for layer in found]


def normaliser_of(env: VecNormalize) -> Normaliser:
    """Return the observation statistics that SB3 has collected."""
    statistics = env.obs_rms
    mean, variance = (torch.as_tensor(each).clone() for each in (statistics.mean, statistics.var))  # type: ignore[union-attr]
    return Normaliser(mean, variance, float(env.clip_obs), float(env.epsilon))
