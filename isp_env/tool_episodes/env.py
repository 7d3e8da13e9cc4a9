"""The Gymnasium environment of picking tools: one picture at a time."""

from typing import Unpack

import numpy as np

from attiqa_core.errors import UsageError
from isp_env.env import ALONE, EpisodeEnv
from isp_env.episodes.batch import Order, check_count_and_order, check_render_mode
from isp_env.tool_episodes.core import ToolCore
from isp_env.tool_episodes.core_files import ToolOptions, load_tool_core
from isp_env.tool_episodes.episodes import ToolEpisodes


class ToolEnv(EpisodeEnv):
    """Pick tools for one picture after another, one tool a step, and stop when nothing is left to do; after DRL-ISP.

    | Observation (`core.observation_names` names the entries)       | Range           |
    |----------------------------------------------------------------|-----------------|
    | histograms of luma and of its Sobel gradient                   | [0, 1]          |
    | percentiles, mean and spread of luma, clipping                 | [0, 1]          |
    | means of the channels, the light's colour by four estimates    | about [-3, 3]   |
    | chroma, shares of nearly neutral pixels                        | [0, 1]          |
    | noise of luma and of colour, of all and of the calmest blocks  | [-2, 2]         |
    | JPEG's grid: steps on its lines, high frequencies, level       | about [-3, 5]   |
    | sharpness at two scales, their ratio, the steepest edges       | about [-2, 2]   |
    | the judge's MOS and attributes, where there is a judge         | about [-3, 3]   |
    | how often each tool was used                                   | 0 to `horizon`  |
    | time left                                                      | [0, 1]          |

    All float32, clipped to [-10, 10]. With `pictures=48` (px) a small picture follows, flat, in [0, 1].

    Action: `formulation="tools"`: Discrete, the index of a tool of `core.tool_names`, the last one the stop. "hybrid":
    MultiDiscrete, the same and the place in `levels` of the tool's strength. `action_masks()`: True for what may be chosen.

    Dynamics: the tool is applied to the picture, which is display sRGB. A tool that the masks forbid is not: used up, or the
    undoing of one that was used; it takes its step. The stop leaves the picture as it is. Deterministic.
    Reward: change of PSNR in dB to the reference (at most 50 dB) times `psnr_weight`, of the judge's MOS times `judge_weight`,
    or of both, as `reward` says, times `reward_scale`; less `reuse_cost` for a tool used again. `info["reward_parts"]` has each.
    The stop pays 0.
    Start: a picture drawn uniformly, with `order="in turn"` the next one, or `options={"image": index or name}`.
    `info["image"]` is its name.
    End: terminated by the stop, or after `horizon` steps; never truncated. Version 0.
    """

    def __init__(
        self,
        *,
        render_mode: str | None = None,
        core: ToolCore | None = None,
        order: Order = "random",
        **given: Unpack[ToolOptions],
    ):
        """Load pictures, tools and judge as `load_tool_core`; `core` shares a live one (never through `gymnasium.make`: it copies).

        `unreadable` has a sentence for each file that was left out. `order`: see `Episodes`.
        Raises: as `load_tool_core`; UsageError for an unknown order or render mode, or for what a `core` has already.
        """
        check_count_and_order(1, order)
        check_render_mode(render_mode)
        self.core, self.unreadable = core_of(core, given)
        self._tools = ToolEpisodes(self.core, 1, order)
        self._begin(self._tools, render_mode)

    def action_masks(self) -> np.ndarray:
        """Return True for each choice that may be next, of a hybrid task followed by a True for each level."""
        return self._tools.masks()[ALONE[0]]


def core_of(core: ToolCore | None, given: ToolOptions) -> tuple[ToolCore, tuple[str, ...]]:
    """Return the live core, or one that is loaded as `given`, and a sentence for each file that was left out.

    Raises: as `load_tool_core`; UsageError for what the live core has already, or one of another task.
    """
    if core is None:
        return load_tool_core(**given)
    if given:
        raise UsageError(
            f"core and {', '.join(given)}: a core has its pictures, tools and task already; give one of them"
        )
    if not isinstance(core, ToolCore):
        raise UsageError(f"core of type {type(core).__name__}: give a ToolCore; isp_env.env.IspEnv takes an IspCore")
    return core, ()
