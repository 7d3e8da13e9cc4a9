"""The Gymnasium environment: one raw at a time. `vec_env.IspVecEnv` and `vector_env.IspVectorEnv` render many as one batch."""

from pathlib import Path
from typing import Any, Unpack

import gymnasium
import numpy as np

from attiqa_core.errors import UsageError
from isp_env.core import IspCore
from isp_env.episodes.batch import METADATA, Episodes, Order, check_count_and_order, check_render_mode
from isp_env.isp_episodes.core_files import SCORER, Raws, TaskOptions, load_core
from isp_env.isp_episodes.episodes import IspEpisodes

ALONE = np.zeros(1, np.int64)  # the row of a batch of one


class EpisodeEnv(gymnasium.Env):
    """One row of episodes as a Gymnasium environment; who inherits makes the episodes, and is a form of what they are."""

    metadata = METADATA

    def _begin(self, episodes: Episodes, render_mode: str | None) -> None:
        """Take episodes of one row; the render mode is checked."""
        self._episodes, self.render_mode = episodes, render_mode
        self.observation_space, self.action_space = episodes.observation_space, episodes.action_space

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        super().reset(seed=seed)
        self._episodes.generators[0] = self.np_random
        if seed is not None:
            self._episodes.walk_anew()
        observations = self._episodes.start(ALONE, [options])
        return observations[0], {"image": self._episodes.names[0]}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict]:
        stepped = self._episodes.step(self._episodes.as_actions(action)[None], ALONE)
        info = {"image": self._episodes.names[0], "reward_parts": self._episodes.parts_by_name(stepped.parts[0])}
        return stepped.observations[0], float(stepped.rewards[0]), bool(stepped.ended[0]), False, info

    def render(self) -> np.ndarray | None:
        """Return the current picture as uint8 (height, width, 3) in render mode "rgb_array", None in no mode.

        Raises: ResetNeeded before the first reset.
        """
        return None if self.render_mode is None else self._episodes.pictures(ALONE)[0]

    def close(self) -> None:
        """End the episode; nothing is held open."""
        self._episodes.stop()


class IspEnv(EpisodeEnv):
    """Tune the ISP for one raw after another, rewarded by a frozen ATTIQA scorer.

    | Observation (`observe.observation_names` names them)       | Range            |
    |-----------------------------------------------------------|------------------|
    | shares of pixels below luma and RGB levels, percentiles   | [0, 1]           |
    | clipping, chroma, cast, log detail, log noise             | about [-3, 3]    |
    | the scorer's MOS and attributes                           | about [-3, 3]    |
    | current action, time left                                 | [-1, 1], [0, 1]  |
    | exposure metadata: gains, white, noise profile, EV        | about [-5, 5]    |
    | colours as the reward measures them, of the render        | about [-4, 3]    |
    | noise and colours of the camera default, its references   | about [-4, 3]    |
    | goals: log4 of what the weights in `goals` are times      | [-1, 1]          |

    All float32, clipped to [-10, 10]. With `pictures=48` (px) small pictures follow, flat, in [0, 1]: the whole render, and the
    middle of each crop.

    Action: float32 in [-1, 1] per control of the profile: all of `params.PARAMETERS` in `core`. `one-shot`: the parameters
    themselves (`IspParams.from_action`); `iterative`: `step_size` times the action is added to the parameters so far.

    Dynamics: the picture is rendered with the new parameters from the raw's proxy, and `crops` windows of it at native
    resolution, which detail and noise are read off and the scorer sees, too. Deterministic.
    Reward: change of `reward.TERMS`, summed: MOS of about [0, 1] less penalties weighted by `reward`; `info["reward_parts"]` has each.
    Start: a raw drawn uniformly, with `order="in turn"` the next one, or `options={"image": index or name}`; at its
    camera-default render. `info["image"]` is its name. Goals, where the task has some, are drawn uniformly, or
    `options={"goal": {"noise_gain": 0.5}}`; those not named are then 0, their weights as they are.
    End: terminated after 1 (`one-shot`) or `horizon` steps; never truncated. Version 0.
    """

    def __init__(
        self,
        raws: Raws = (),
        scorer: str | Path = SCORER,
        *,
        render_mode: str | None = None,
        core: IspCore | None = None,
        order: Order = "random",
        **given: Unpack[TaskOptions],
    ):
        """Load raws and scorer by path or name as `load_core`; `core` shares a live one (never through `gymnasium.make`: it copies).

        `unreadable` has a sentence for each raw that was left out. `order`: see `Episodes`; "in turn" goes on over resets
        without a seed.
        Raises: as `load_core`; UsageError for an unknown order or render mode, or for what a `core` has already.
        """
        if core is not None and (raws or given or scorer != SCORER):
            named = ", ".join(given) or "raws or scorer"
            raise UsageError(f"core and {named}: a core has its raws, task and weights already; give one of them")
        check_count_and_order(1, order)
        check_render_mode(render_mode)
        self.unreadable: tuple[str, ...] = ()
        if core is None:
            core, self.unreadable = load_core(raws, scorer, **given)
        self.core = core
        self._begin(IspEpisodes(core, 1, order), render_mode)
