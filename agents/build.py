"""Stable-Baselines3 models for the ISP task, built by name, and what a policy bundle keeps of them."""

from pkgutil import resolve_name

import torch
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecNormalize

from agents.algorithms import Activation, Squash, find_algorithm
from agents.policy import Normaliser
from agents.sb3.actor import Layers, linear_layers


def build_algorithm(algorithm: str, env: VecNormalize, seed: int, log_folder: str | None) -> BaseAlgorithm:
    """Return an untrained model of a row of ALGORITHMS; its first actions lie about the camera default."""
    build = resolve_name(find_algorithm(algorithm).build)
    return build(env, seed=seed, tensorboard_log=log_folder, device="cpu", verbose=0)


def actor_layers(algorithm: str, model: BaseAlgorithm) -> tuple[Layers, Activation, Squash]:
    """Return the deterministic actor of a model as layers, activation and squash."""
    row = find_algorithm(algorithm)
    return linear_layers(*resolve_name(row.actor)(model)), row.activation, row.squash


def normaliser_of(env: VecNormalize) -> Normaliser:
    """Return the observation statistics that SB3 has collected."""
    statistics = env.obs_rms
    mean, variance = (torch.as_tensor(each).clone() for each in (statistics.mean, statistics.var))  # type: ignore[union-attr]
    return Normaliser(mean, variance, float(env.clip_obs), float(env.epsilon))
