"""The SB3 vector environment of picking tools: N episodes as one batch."""

import numpy as np

from isp_env.episodes.batch import Order
from isp_env.tool_episodes.core import ToolCore
from isp_env.tool_episodes.env import core_of
from isp_env.tool_episodes.episodes import ToolEpisodes, ToolEpisodeView
from isp_env.vec_env import EpisodeVecEnv


class ToolVecEnv(EpisodeVecEnv):
    """`num_envs` copies of `ToolEnv`. sb3-contrib finds `action_masks` on each of them: MaskablePPO trains on it as it is."""

    view = ToolEpisodeView

    def __init__(self, core: ToolCore, num_envs: int, *, order: Order = "random", render_mode: str | None = None):
        """Raises: UsageError for another core, a num_envs below 1, an unknown order or render mode."""
        self.core, _ = core_of(core, {})
        self._tools = ToolEpisodes(self.core, num_envs, order)
        super().__init__(self._tools, render_mode)

    def rewards(self, actions: np.ndarray) -> np.ndarray:
        """Return what one action for each copy would be paid; nothing changes."""
        return self._tools.rewards(self._tools.as_actions(actions, (self.num_envs,)))

    def action_masks(self) -> np.ndarray:
        """Return the masks of all copies, a row for each."""
        return self._tools.masks()
