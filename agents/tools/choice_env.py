"""What algorithms see of the tools environment: standardised observations with their masks behind them, scaled rewards."""

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn
from torch import Tensor

from agents.normaliser import CLIP, Normaliser


class ChoiceVecEnv(VecEnvWrapper):
    """An environment of choices whose observations end in one number for each choice: 1 where it is allowed, else 0.

    So a replay buffer holds the masks of both ends of a step, and a target is over allowed choices alone. After the end of an
    episode, where nothing is looked at, all are allowed. Observations are standardised by a normaliser that is fixed.
    """

    def __init__(self, env: VecEnv, normaliser: Normaliser, reward_scale: float):
        assert isinstance(env.action_space, spaces.Discrete) and env.observation_space.shape is not None
        self.choices, self.seen = int(env.action_space.n), env.observation_space.shape[0]
        self.normaliser, self.reward_scale = normaliser.to("cpu"), reward_scale
        super().__init__(env, spaces.Box(-CLIP, CLIP, (self.seen + self.choices,), np.float32))

    def reset(self) -> VecEnvObs:
        return self._with_masks(np.asarray(self.venv.reset()))

    def step_wait(self) -> VecEnvStepReturn:
        observations, rewards, ended, infos = self.venv.step_wait()
        for info in infos:
            if "terminal_observation" in info:
                last = self.standardised(info["terminal_observation"][None])[0]
                info["terminal_observation"] = np.concatenate([last, np.ones(self.choices, np.float32)])
        return self._with_masks(np.asarray(observations)), self.reward_scale * rewards, ended, infos

    def action_masks(self) -> np.ndarray:
        """Return which choices are allowed now, (environments, choices), bool."""
        return np.stack(self.venv.env_method("action_masks")).astype(bool)

    def standardised(self, observations: np.ndarray) -> np.ndarray:
        return self.normaliser(torch.from_numpy(np.asarray(observations, np.float32))).numpy()

    def _with_masks(self, observations: np.ndarray) -> np.ndarray:
        return np.concatenate([self.standardised(observations), self.action_masks().astype(np.float32)], 1)


def split(observations: Tensor, choices: int) -> tuple[Tensor, Tensor]:
    """Return observations as a policy reads them, and the masks that stood behind them."""
    return observations[:, :-choices], observations[:, -choices:] > 0.5


def normaliser_by_chance(env: VecEnv, names: list[str], steps: int, seed: int) -> Normaliser:
    """Return the normaliser of what random allowed choices meet in so many steps of every environment."""
    generator = np.random.default_rng(seed)
    observations = [np.asarray(env.reset())]
    for _ in range(steps):
        masks = np.stack(env.env_method("action_masks"))
        observations.append(np.asarray(env.step(by_chance(masks, generator))[0]))
    return Normaliser.of(torch.from_numpy(np.concatenate(observations)).float(), names)


def by_chance(masks: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return an allowed choice of each row, each as likely as the others."""
    return np.where(masks, generator.random(masks.shape), -1.0).argmax(1)
