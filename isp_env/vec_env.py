"""The SB3 vector environment: N episodes through ISP and scorer as one batch, one copy from the device per step."""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv
from stable_baselines3.common.vec_env.base_vec_env import VecEnvObs, VecEnvStepReturn

from attiqa_core.errors import UsageError
from isp_env.core import IspCore
from isp_env.episodes.batch import METADATA, Episodes, Order, check_render_mode, of_one_size
from isp_env.episodes.view import EpisodeView
from isp_env.isp_episodes.episodes import IspEpisodes


class EpisodeVecEnv(VecEnv):
    """Episodes as copies of one environment that share one core; copy i draws its pictures with the seed `seed + i`, as in SB3.

    A finished episode starts anew at once; its info carries the last observation, return and length, as SB3's Monitor has
    them, the picture's name and the sums of the reward's parts. Infos of running episodes are empty; `reset_infos` names the pictures.
    `set_options({"image": index or name, "goal": {...}})`, or a list of one for each copy, counts for the next reset.
    With `order="in turn"` every reset begins the walks of `Episodes` again: `EvalCallback` and `evaluate_policy` with as many
    episodes as pictures see each of them once.
    """

    view: type[EpisodeView] = EpisodeView

    def __init__(self, episodes: Episodes, render_mode: str | None = None):
        """Raises: UsageError for an unknown render mode."""
        check_render_mode(render_mode)
        self._episodes = episodes
        self._rows = np.arange(episodes.count)
        self._views = [self.view(episodes, row, render_mode) for row in range(episodes.count)]
        super().__init__(episodes.count, episodes.observation_space, episodes.action_space)
        self.metadata = dict(METADATA)
        self._actions: Any = None
        self._returns = np.zeros(episodes.count)
        self._parts = np.zeros((episodes.count, len(episodes.terms)))
        self._made_at = time.perf_counter()

    def reset(self) -> VecEnvObs:
        """Raises: UsageError for options that cannot be taken."""
        options, self._options = self._options, [{} for _ in self._rows]
        if not isinstance(options, list | tuple) or len(options) != self.num_envs:
            raise UsageError(
                f"options {options!r}: give one mapping, or a list of one for each of {self.num_envs} copies"
            )
        self._episodes.seed(self._seeds, self._rows)
        self._reset_seeds()
        self._episodes.walk_anew()
        return self._start(self._rows, options)

    def step_async(self, actions: np.ndarray) -> None:
        self._actions = actions

    def step_wait(self) -> VecEnvStepReturn:
        """Raises: ResetNeeded before the first reset; UsageError or InputError for actions that are none."""
        actions = self._episodes.as_actions(self._actions, (self.num_envs,))
        stepped = self._episodes.step(actions, self._rows)
        self._returns += stepped.rewards
        self._parts += stepped.parts
        infos: list[dict[str, Any]] = [{} for _ in self._rows]
        ended = np.flatnonzero(stepped.ended)
        for row in ended:
            infos[row] = self._finished_info(int(row), stepped.observations[row])
        observations = stepped.observations.copy()
        if len(ended):
            observations[ended] = self._start(ended)
        return observations, stepped.rewards, stepped.ended, infos

    def _start(self, rows: np.ndarray, options: Sequence[dict] | None = None) -> np.ndarray:
        observations = self._episodes.start(rows, options)
        self._returns[rows], self._parts[rows] = 0, 0
        names = self._episodes.names
        for row in rows:
            self.reset_infos[row] = {"image": names[row]}
        return observations

    def _finished_info(self, row: int, last_observation: np.ndarray) -> dict[str, Any]:
        seconds = round(time.perf_counter() - self._made_at, 6)
        return {
            "terminal_observation": last_observation.copy(),
            "TimeLimit.truncated": False,
            "episode": {"r": float(self._returns[row]), "l": int(self._episodes.lengths[row]), "t": seconds},
            "image": self._episodes.names[row],
            "reward_parts": self._episodes.parts_by_name(self._parts[row]),
        }

    def get_images(self) -> Sequence[np.ndarray | None]:
        """Return the copies' current pictures, rendered as one batch and of one size; None each without a render mode."""
        return [None] * self.num_envs if self.render_mode is None else of_one_size(self._episodes.pictures(self._rows))

    def close(self) -> None:
        """End all episodes; nothing is held open."""
        self._episodes.stop()

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        return [view.get_wrapper_attr(attr_name) for view in self._views_of(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        for view in self._views_of(indices):
            setattr(view, attr_name, value)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        return [view.get_wrapper_attr(method_name)(*args, **kwargs) for view in self._views_of(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """True for SB3's Monitor, whose `info["episode"]` each copy has, for nothing else."""
        return [issubclass(wrapper_class, Monitor)] * len(self._views_of(indices))

    def _views_of(self, indices: Any) -> list[EpisodeView]:
        return [self._views[index] for index in self._get_indices(indices)]


class IspVecEnv(EpisodeVecEnv):
    """`num_envs` copies of `IspEnv`."""

    def __init__(self, core: IspCore, num_envs: int, *, order: Order = "random", render_mode: str | None = None):
        """Raises: UsageError for a num_envs below 1, an unknown order or render mode."""
        super().__init__(IspEpisodes(core, num_envs, order), render_mode)
        self.core = core
