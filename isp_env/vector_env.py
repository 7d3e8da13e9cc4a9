"""The Gymnasium vector environment: N episodes through ISP and scorer as one batch; what `gymnasium.make_vec` makes."""

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from attiqa_core.errors import UsageError
from isp_env.core import IspCore
from isp_env.episodes.batch import (
    METADATA,
    Episodes,
    Order,
    check_count_and_order,
    check_render_mode,
    of_one_size,
)
from isp_env.episodes.vector_infos import final_info, info_of
from isp_env.episodes.view import EpisodeView
from isp_env.isp_episodes.core_files import CoreOptions, load_core
from isp_env.isp_episodes.episodes import IspEpisodes

MODES = (AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP)


class EpisodeVectorEnv(VectorEnv):
    """Episodes as copies of one environment that share one core, with the arrays, infos and seeds of Gymnasium's SyncVectorEnv.

    Autoreset is SAME_STEP unless said otherwise: the observation is the first of the next episode, `infos["final_obs"]` the
    last of the one that ended. NEXT_STEP, Gymnasium's habit, spends every second step of a one-shot episode on the reset.
    `reset(options={"image": ..., "goal": ...})` takes one for all copies, or a sequence with one for each.
    """

    view: type[EpisodeView] = EpisodeView

    def _begin(self, episodes: Episodes, render_mode: str | None, autoreset_mode: AutoresetMode) -> None:
        """Take episodes, a row for each copy; the modes are checked."""
        self.num_envs, self.render_mode, self.autoreset_mode = episodes.count, render_mode, autoreset_mode
        self.metadata = METADATA | {"autoreset_mode": autoreset_mode}
        self.single_observation_space, self.single_action_space = episodes.observation_space, episodes.action_space
        self.observation_space = batch_space(self.single_observation_space, episodes.count)
        self.action_space = batch_space(self.single_action_space, episodes.count)
        self._episodes = episodes
        self._rows = np.arange(episodes.count)
        self._views = [self.view(episodes, row, render_mode) for row in range(episodes.count)]
        self._ended = np.zeros(episodes.count, bool)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode in every copy; copy i has the seed `seed + i`, or its own of a sequence.

        Raises: UsageError for seeds of another number, or options that cannot be taken.
        """
        options_of_each = self._options_of_each(options)
        self._episodes.seed(self._seeds_of_each(seed), self._rows)
        self._episodes.walk_anew()
        observations = self._episodes.start(self._rows, options_of_each)
        self._ended[:] = False
        return observations, self._info()

    def step(self, actions: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        """Raises: ResetNeeded before the first reset; UsageError or InputError for actions that are none."""
        actions = self._episodes.as_actions(actions, (self.num_envs,))
        restarting = self._ended  # of none in SAME_STEP, which has started them already
        observations, rewards, parts, ended = self._step_rows(actions, np.flatnonzero(~restarting))
        infos: dict[str, Any] = {}
        if self.autoreset_mode == AutoresetMode.SAME_STEP:
            infos = final_info(self._episodes.names, self._episodes.terms, observations, parts, ended)
            restarting = ended
        else:
            self._ended = ended
        if restarting.any():
            observations[restarting] = self._episodes.start(np.flatnonzero(restarting))
        infos |= self._info(parts, ~restarting)
        return observations, rewards, ended.copy(), np.zeros(self.num_envs, bool), infos

    def _info(self, parts: np.ndarray | None = None, stepped: np.ndarray | None = None) -> dict[str, Any]:
        return info_of(self._episodes.names, self._episodes.terms, parts, stepped)

    def _step_rows(
        self, actions: np.ndarray, rows: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Observations, rewards, reward parts and ends of all copies, stepped in the given rows; the others' are 0."""
        observations = np.zeros(self.observation_space.shape or (), np.float32)
        rewards, parts = np.zeros(self.num_envs), np.zeros((self.num_envs, len(self._episodes.terms)))
        ended = np.zeros(self.num_envs, bool)
        if len(rows):
            stepped = self._episodes.step(actions[rows], rows)
            observations[rows], rewards[rows] = stepped.observations, stepped.rewards
            parts[rows], ended[rows] = stepped.parts, stepped.ended
        return observations, rewards, parts, ended

    def render(self) -> tuple[np.ndarray, ...] | None:
        """Return the copies' current pictures, rendered as one batch and of one size; None without a render mode."""
        return None if self.render_mode is None else tuple(of_one_size(self._episodes.pictures(self._rows)))

    def close_extras(self, **options: Any) -> None:
        """End all episodes; nothing is held open."""
        self._episodes.stop()

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Return what each copy's method of that name answers, or each copy's attribute."""
        found = self.get_attr(name)
        return tuple(each(*args, **kwargs) if callable(each) else each for each in found)

    def get_attr(self, name: str) -> tuple[Any, ...]:
        return tuple(view.get_wrapper_attr(name) for view in self._views)

    def set_attr(self, name: str, values: Any) -> None:
        """Give each copy its own of a list or tuple of values, or all of them the same."""
        each = values if isinstance(values, list | tuple) else [values] * self.num_envs
        if len(each) != self.num_envs:
            raise UsageError(f"{name}: {len(each)} values for {self.num_envs} copies; give one, or one for each")
        for view, value in zip(self._views, each, strict=True):
            setattr(view, name, value)

    @property
    def np_random(self) -> tuple[np.random.Generator, ...]:  # pyright: ignore  # as SyncVectorEnv's
        return tuple(self._episodes.generators)

    @property
    def np_random_seed(self) -> tuple[int, ...]:  # pyright: ignore  # as SyncVectorEnv's
        return tuple(self._episodes.seeds)

    def _seeds_of_each(self, seed: int | Sequence[int | None] | None) -> Sequence[int | None]:
        if seed is None:
            return [None] * self.num_envs
        seeds = [seed + row for row in range(self.num_envs)] if isinstance(seed, int | np.integer) else list(seed)
        if len(seeds) != self.num_envs:
            raise UsageError(f"{len(seeds)} seeds for {self.num_envs} copies: give one, or one for each")
        return seeds

    def _options_of_each(self, options: Any) -> list[Any]:
        if not isinstance(options, Mapping):
            return [options] * self.num_envs
        each = {key: value for key, value in options.items() if _is_list(value)}
        for key, values in each.items():
            if len(values) != self.num_envs:
                raise UsageError(
                    f"options {key}={values}: {len(values)} {key}s for {self.num_envs} copies; give one, or one for each"
                )
        return [{**options, **{key: values[row] for key, values in each.items()}} for row in range(self.num_envs)]


class IspVectorEnv(EpisodeVectorEnv):
    """`num_envs` copies of `IspEnv`."""

    def __init__(
        self,
        num_envs: int = 1,
        *,
        core: IspCore | None = None,
        order: Order = "random",
        render_mode: str | None = None,
        autoreset_mode: str | AutoresetMode = AutoresetMode.SAME_STEP,
        **given: Unpack[CoreOptions],
    ):
        """Load raws and scorer once, as `load_core` is given them, or share a live core.

        `unreadable` has a sentence for each raw that was left out. `order`: see `Episodes`; a reset begins the walks again.
        Raises: as `load_core`; UsageError for a num_envs below 1, an unknown order, render mode or autoreset mode.
        """
        if core is not None and given:
            raise UsageError(
                f"core and {', '.join(given)}: a core has its raws, task and weights already; give one of them"
            )
        check_count_and_order(num_envs, order)
        check_render_mode(render_mode)
        mode = autoreset_of(autoreset_mode)
        self.unreadable: tuple[str, ...] = ()
        if core is None:
            core, self.unreadable = load_core(**given)
        self.core = core
        self._begin(IspEpisodes(core, num_envs, order), render_mode, mode)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence | np.ndarray) and not isinstance(value, str)


def autoreset_of(autoreset_mode: str | AutoresetMode) -> AutoresetMode:
    for mode in MODES:
        if autoreset_mode in (mode, mode.value):
            return mode
    allowed = ", ".join(f'"{mode.value}"' for mode in MODES)
    raise UsageError(f"autoreset_mode {autoreset_mode!r}: is not one of {allowed}")
