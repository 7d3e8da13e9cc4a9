"""What algorithms see of the tools environment: standardised observations with their masks behind them, scaled rewards."""

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.vec_env import VecEnv, VecEnvWrapper
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn
from torch import Tensor

from agents.normaliser import CLIP, Normaliser
from agents.tools.flat import spread


class ChoiceVecEnv(VecEnvWrapper):
    """An environment of choices whose observations end in one number for each choice: 1 where it is allowed, else 0.

    Of a hybrid environment, whose actions are a tool and a level, a choice is a tool at a level, or the stop, which is the last.
    So a replay buffer holds the masks of both ends of a step, and a target is over allowed choices alone. After the end of an
    episode, where nothing is looked at, all are allowed. Observations are standardised by a normaliser that is fixed.
    """

    def __init__(self, env: VecEnv, normaliser: Normaliser, reward_scale: float):
        assert env.observation_space.shape is not None
        space, self.levels = env.action_space, 0
        if isinstance(space, spaces.MultiDiscrete):
            self.levels = int(space.nvec[1])
            self.choices = (int(space.nvec[0]) - 1) * self.levels + 1
        else:
            self.choices = int(space.n)  # type: ignore[union-attr]
        self.seen = env.observation_space.shape[0]
        self.normaliser, self.reward_scale = normaliser.to("cpu"), reward_scale
        size = (self.seen + self.choices,)
        super().__init__(env, spaces.Box(-CLIP, CLIP, size, np.float32), spaces.Discrete(self.choices))

    def step_async(self, actions: np.ndarray) -> None:
        self.venv.step_async(as_actions(np.asarray(actions), self.levels))

    def env_method(self, method_name: str, *args, indices=None, **kwargs) -> list:
        if method_name == "action_masks":
            return list(self.action_masks())
        return self.venv.env_method(method_name, *args, indices=indices, **kwargs)

    def reset(self) -> VecEnvObs:
        return self._with_masks(np.asarray(self.venv.reset()))

    def step_wait(self) -> VecEnvStepReturn:
        observations, rewards, ended, infos = self.venv.step_wait()
        for info in infos:
            if "terminal_observation" in info:
                last = self.standardised(info["terminal_observation"][None])[0]
                info["terminal_observation"] = np.concatenate([last, np.ones(self.choices, np.float32)])
        return self._with_masks(np.asarray(observations)), self.reward_scale * rewards, ended, infos

    def rewards(self, choice: int) -> np.ndarray:
        """Return the rewards, not scaled, that one choice would be paid in every episode, which stays where it is; that of a
        choice that is not allowed means nothing. Of environments that have `rewards`."""
        return self.venv.rewards(as_actions(np.full(self.num_envs, choice), self.levels))  # type: ignore[attr-defined]

    def action_masks(self) -> np.ndarray:
        """Return which choices are allowed now, (environments, choices), bool."""
        return flat_masks_of(self.venv, self.levels)

    def standardised(self, observations: np.ndarray) -> np.ndarray:
        return self.normaliser(torch.from_numpy(np.asarray(observations, np.float32))).numpy()

    def _with_masks(self, observations: np.ndarray) -> np.ndarray:
        return np.concatenate([self.standardised(observations), self.action_masks().astype(np.float32)], 1)


def split(observations: Tensor, choices: int) -> tuple[Tensor, Tensor]:
    """Return observations as a policy reads them, and the masks that stood behind them."""
    return observations[:, :-choices], observations[:, -choices:] > 0.5


def as_actions(choices: np.ndarray, levels: int) -> np.ndarray:
    """Return an environment's actions of choices: the same, or where there are levels a tool and a level each."""
    return np.stack([choices // levels, choices % levels], 1) if levels else choices


def flat_masks_of(env: VecEnv, levels: int) -> np.ndarray:
    """Return an environment's masks as masks of choices: every level of an allowed tool, and the stop."""
    return spread_masks(np.stack(env.env_method("action_masks")).astype(bool), levels)


def spread_masks(masks: np.ndarray, levels: int) -> np.ndarray:
    """Return masks of tools, the stop and levels as masks of choices."""
    if not levels:
        return masks
    return spread(torch.from_numpy(masks[:, : masks.shape[1] - levels]), levels).numpy()


def normaliser_by_chance(env: VecEnv, names: list[str], steps: int, seed: int) -> Normaliser:
    """Return the normaliser of what random allowed choices meet in so many steps of every environment."""
    generator = np.random.default_rng(seed)
    space = env.action_space
    levels = int(space.nvec[1]) if isinstance(space, spaces.MultiDiscrete) else 0
    observations = [np.asarray(env.reset())]
    for _ in range(steps):
        choices = by_chance(flat_masks_of(env, levels), generator)
        observations.append(np.asarray(env.step(as_actions(choices, levels))[0]))
    return Normaliser.of(torch.from_numpy(np.concatenate(observations)).float(), names)


def by_chance(masks: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return an allowed choice of each row, each as likely as the others."""
    return np.where(masks, generator.random(masks.shape), -1.0).argmax(1)
