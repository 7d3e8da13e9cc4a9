"""The Gymnasium environment: one raw at a time. To train use `vec_env.IspVecEnv`, which renders many as one batch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from gymnasium import spaces

from attiqa_core.errors import InputError
from attiqa_core.judges.judge import create_metric
from isp_env.core import IspCore, State, Transition
from isp_env.loading import load_proxies
from isp_env.observe import LIMIT
from isp_env.profile_files import find_profile
from isp_env.profiles import Profile
from isp_env.reward import TERMS
from isp_env.reward_weights import RewardWeights
from isp_env.task import Formulation, Task


class IspEnv(gymnasium.Env):
    """Tune the ISP for one raw after another, rewarded by a frozen ATTIQA scorer.

    | Observation (`observe.observation_names` names them)       | Range            |
    |-----------------------------------------------------------|------------------|
    | shares of pixels below luma and RGB levels, percentiles   | [0, 1]           |
    | clipping, chroma, cast, log detail, log noise             | about [-3, 3]    |
    | the scorer's MOS and attributes                           | about [-3, 3]    |
    | current action, time left                                 | [-1, 1], [0, 1]  |
    | exposure metadata: gains, noise profile, baseline EV      | about [-5, 5]    |
    | colours as the reward measures them, of the render        | about [-4, 3]    |
    | noise and colours of the camera default, its references   | about [-4, 3]    |
    | goals: log4 of what the weights that vary are times       | [-1, 1]          |

    All float32, clipped to [-10, 10].

    Action: float32 in [-1, 1] per control of the profile: all of `params.PARAMETERS` in `core`. `one-shot`: the parameters
    themselves (`IspParams.from_action`); `iterative`: `step_size` times the action is added to the parameters so far.

    Dynamics: the picture is rendered with the new parameters from the raw's proxy, and `crops` windows of it at native
    resolution, which detail and noise are read off and the scorer sees, too. Deterministic.
    Reward: change of `reward.TERMS`, summed: MOS of about [0, 1] less penalties weighted by `reward`; `info["reward_parts"]` has each.
    Start: a raw drawn uniformly (or `options={"image": index}`), at its camera-default render.
    End: terminated after 1 (`one-shot`) or `horizon` steps; never truncated. Version 0.
    """

    metadata = {"render_modes": ["rgb_array"], "render_fps": 1}  # noqa: RUF012  Gymnasium's own convention

    def __init__(
        self,
        raws: str | Path | Sequence[str | Path] = (),
        scorer: str | Path = "attiqa-mini",
        formulation: Formulation = Task.formulation,
        horizon: int = Task.horizon,
        step_size: float = Task.step_size,
        proxy_px: int = Task.proxy_px,
        crops: int = Task.crops,
        device: str = "cpu",
        render_mode: str | None = None,
        core: IspCore | None = None,
        reward: Mapping[str, float] | None = None,
        profile: str | Path | Profile = Task.profile,
    ):
        """Load raws and scorer by path or name; `core` shares a live one (never through `gymnasium.make`: it copies).

        `reward` names weights of `RewardWeights` that are to differ from their defaults, {"chroma_loss": 0.2}.
        `profile`: core, core+lens, core+curve, exposure8, or a TOML file of one's own (`profile_files.py`).
        Raises: UsageError for a weight that does not exist or is no number, or no such profile; InputError for raws or a profile
        that cannot be read.
        """
        assert core is None or reward is None, "a core has its weights already"
        assert core is None or profile == Task.profile, "a core has its profile already"
        if core is None:
            weights = RewardWeights.from_dict(reward or {})
            task = Task(formulation, horizon, step_size, proxy_px, crops, find_profile(profile))
            proxies, _ = load_proxies([raws] if isinstance(raws, str | Path) else raws, proxy_px, crops)
            core = IspCore(proxies, create_metric(scorer, device), task, weights)
        self.core, self.render_mode = core, render_mode
        self.observation_space, self.action_space = core_spaces(core)
        self._state: State | None = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        super().reset(seed=seed)
        image = (options or {}).get("image")
        if image is None:
            image = draw_image(self.np_random, self.core)
        if not 0 <= image < len(self.core):
            raise InputError(f"options image={image}: there are {len(self.core)} raws, counted from 0")
        self._state, observations = self.core.reset(torch.tensor([image], device=self.core.device))
        return observations[0].cpu().numpy(), {"image": self.core.names[image]}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict]:
        assert self._state is not None, "call reset before step"
        actions = np.asarray(action, np.float32)[None]
        names = [self.core.names[int(self._state.ids[0])]]
        check_actions(actions, names, self.core)
        transition = self.core.step(self._state, torch.from_numpy(actions).to(self.core.device))
        self._state = transition.state
        observations, rewards, parts, terminated = to_host(transition, names)
        info = {"image": names[0], "reward_parts": dict(zip(TERMS, parts[0].tolist(), strict=True))}
        return observations[0], float(rewards[0]), bool(terminated[0]), False, info

    def render(self) -> np.ndarray | None:
        """Return the current picture as uint8 (height, width, 3) in render mode "rgb_array"."""
        if self.render_mode is None or self._state is None:
            return None
        with torch.no_grad():
            images, _ = self.core.render(self._state.ids, self._state.actions)
        return (images[0] * 255).round().byte().permute(1, 2, 0).cpu().numpy()


def core_spaces(core: IspCore) -> tuple[spaces.Box, spaces.Box]:
    """Return observation and action space of a core."""
    observation_space = spaces.Box(-LIMIT, LIMIT, (core.observation_size,), np.float32)
    return observation_space, spaces.Box(-1.0, 1.0, (core.action_size,), np.float32)


def draw_image(generator: np.random.Generator, core: IspCore) -> int:
    """Return the index of the next episode's raw."""
    return int(generator.integers(len(core)))


def check_actions(actions: np.ndarray, names: Sequence[str], core: IspCore) -> None:
    """Raise InputError naming image and parameter of an action that is not finite or leaves [-1, 1]."""
    wrong = ~(np.abs(actions) <= 1.0 + 1e-6)  # also true for NaN
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        value = actions[row, column]
        raise InputError(
            f"{names[row]}: action {core.task.profile.names[column]}={value:g} is not a finite number in [-1, 1]"
        )


def to_host(transition: Transition, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return observations, rewards, reward parts and ends as NumPy arrays, by one copy from the device.

    Raises: InputError naming the image whose reward or observation is not finite.
    """
    columns = [transition.observations, transition.rewards[:, None], transition.parts, transition.terminated[:, None]]
    table = torch.cat([column.float() for column in columns], 1).cpu().numpy()
    if not np.isfinite(table).all():
        row = int(np.argwhere(~np.isfinite(table))[0, 0])
        raise InputError(
            f"{names[row]}: reward or observation is not finite for the parameters given; is the raw damaged?"
        )
    width = transition.observations.shape[1]
    return table[:, :width], table[:, width], table[:, width + 1 : -1], table[:, -1] > 0.5
