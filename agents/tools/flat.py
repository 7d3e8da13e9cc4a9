"""Every choice as one number, in both formulations: a tool, in `hybrid` a tool at a level, and the stop last."""

import torch
from torch import Tensor

from isp_env.tool_episodes.core import ToolCore
from isp_env.tool_episodes.state import ToolState
from isp_env.tool_episodes.task import ToolTask


def levels_of(task: ToolTask) -> int:
    """Return how many choices a tool has."""
    return len(task.levels) if task.formulation == "hybrid" else 1


def choices_of(task: ToolTask, tools: int) -> int:
    """Return how many choices there are."""
    return tools * levels_of(task) + 1


def flat_masks(core: ToolCore, state: ToolState) -> Tensor:
    """Return which choices are allowed, bool (batch, choices): all levels of an allowed tool, and the stop."""
    return spread(core.masks(state), levels_of(core.task))


def spread(masks: Tensor, levels: int) -> Tensor:
    """Return masks of choices for masks of tools and the stop: a tool has so many."""
    return torch.cat([masks[:, :-1].repeat_interleave(levels, 1), masks[:, -1:]], 1)


def tools_and_strengths(core: ToolCore, choices: Tensor) -> tuple[Tensor, Tensor | None]:
    """Return which tool each choice means (`core.stop` for the stop) and, in `hybrid`, how strong it is."""
    levels = levels_of(core.task)
    if core.task.formulation != "hybrid":
        return choices, None
    tools = torch.div(choices, levels, rounding_mode="floor").clamp_max(core.stop)
    strengths = torch.tensor(core.task.levels, device=choices.device)[choices % levels]
    return tools, strengths
