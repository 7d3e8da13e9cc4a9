"""The Gymnasium vector environment of picking tools: what `gymnasium.make_vec` makes."""

from typing import Unpack

import numpy as np
from gymnasium.vector import AutoresetMode

from isp_env.episodes.batch import Order, check_count_and_order, check_render_mode
from isp_env.tool_episodes.core import ToolCore
from isp_env.tool_episodes.core_files import ToolOptions
from isp_env.tool_episodes.env import core_of
from isp_env.tool_episodes.episodes import ToolEpisodes, ToolEpisodeView
from isp_env.vector_env import EpisodeVectorEnv, autoreset_of


class ToolVectorEnv(EpisodeVectorEnv):
    """`num_envs` copies of `ToolEnv`; `action_masks()` is of all of them."""

    view = ToolEpisodeView

    def __init__(
        self,
        num_envs: int = 1,
        *,
        core: ToolCore | None = None,
        order: Order = "random",
        render_mode: str | None = None,
        autoreset_mode: str | AutoresetMode = AutoresetMode.SAME_STEP,
        **given: Unpack[ToolOptions],
    ):
        """Load pictures, tools and judge once, as `load_tool_core`, or share a live core.

        `unreadable` has a sentence for each file that was left out.
        Raises: as `load_tool_core`; UsageError for a num_envs below 1, an unknown order, render mode or autoreset mode.
        """
        check_count_and_order(num_envs, order)
        check_render_mode(render_mode)
        mode = autoreset_of(autoreset_mode)
        self.core, self.unreadable = core_of(core, given)
        self._tools = ToolEpisodes(self.core, num_envs, order)
        self._begin(self._tools, render_mode, mode)

    def action_masks(self) -> np.ndarray:
        """Return the masks of all copies, a row for each."""
        return self._tools.masks()
