"""The SB3 vector environment: N episodes through ISP and scorer as one batch, one copy from the device per step."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from gymnasium.utils import seeding
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from isp_env.core import IspCore, replace_rows
from isp_env.env import check_actions, core_spaces, draw_image, to_host
from isp_env.reward import TERMS


class IspVecEnv(VecEnv):
    """`num_envs` copies of `IspEnv` that share one core; copy i draws its raws with the seed `seed + i`, as in SB3.

    A finished episode starts anew at once; its info carries the last observation, return and length, and the sums of
    the reward's parts. Infos of running episodes are empty.
    """

    def __init__(self, core: IspCore, num_envs: int):
        self.core = core
        self.render_mode = None  # SB3 asks for it while it is set up
        super().__init__(num_envs, *core_spaces(core))
        self.metadata = {"render_modes": []}
        self._generators = [seeding.np_random()[0] for _ in range(num_envs)]
        self._actions = np.zeros((num_envs, core.action_size), np.float32)
        self._returns = np.zeros(num_envs)
        self._parts = np.zeros((num_envs, len(TERMS)))

    def reset(self) -> VecEnvObs:
        self._generators = [
            generator if seed is None else seeding.np_random(seed)[0]
            for generator, seed in zip(self._generators, self._seeds, strict=True)
        ]
        self._reset_seeds()
        self._ids = np.array([draw_image(generator, self.core) for generator in self._generators])
        self._state, observations = self.core.reset(self._to_device(self._ids))
        self._returns[:], self._parts[:] = 0, 0
        return observations.cpu().numpy()

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = np.asarray(actions, np.float32)

    def step_wait(self) -> VecEnvStepReturn:
        names = [self.core.names[image] for image in self._ids]
        check_actions(self._actions, names, self.core)
        transition = self.core.step(self._state, self._to_device(self._actions))
        observations, rewards, parts, ended = to_host(transition, names)
        self._returns += rewards
        self._parts += parts
        self._state = transition.state
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for index in np.flatnonzero(ended):
            infos[index] = self._finished_info(int(index), observations[index])
        if ended.any():
            observations = self._restart(np.flatnonzero(ended), observations)
        return observations, rewards, ended, infos

    def _finished_info(self, index: int, last_observation: np.ndarray) -> dict[str, Any]:
        return {
            "terminal_observation": last_observation.copy(),
            "TimeLimit.truncated": False,
            "episode": {"r": float(self._returns[index]), "l": self.core.task.steps, "t": 0.0},
            "image": self.core.names[self._ids[index]],
            "reward_parts": dict(zip(TERMS, self._parts[index].tolist(), strict=True)),
        }

    def _restart(self, ended: np.ndarray, observations: np.ndarray) -> np.ndarray:
        """Draw a new raw for each ended episode and return the observations with theirs replaced."""
        self._ids[ended] = [draw_image(self._generators[index], self.core) for index in ended]
        self._returns[ended], self._parts[ended] = 0, 0
        where = self._to_device(ended)
        fresh, first = self.core.reset(self._to_device(self._ids[ended]))
        self._state = replace_rows(self._state, where, fresh)
        observations = observations.copy()
        observations[ended] = first.cpu().numpy()
        return observations

    def _to_device(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(self.core.device)

    def close(self) -> None:
        """Nothing is held open."""

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [getattr(self, attr_name)] * len(self._rows(indices))

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise AttributeError(f"{attr_name}: the environments share one core; build an IspVecEnv with other values")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        raise AttributeError(f"{method_name}: the environments share one core and have no methods of their own")

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        return [False] * len(self._rows(indices))

    def _rows(self, indices: Any) -> Sequence[int]:
        return list(self._get_indices(indices))
