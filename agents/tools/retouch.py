"""A policy's tools on a finished picture: chosen by what a small version shows, applied at full size."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from agents.tools.choosers import Agent
from agents.tools.policy import ToolPolicy
from agents.tools.records import play
from attiqa_core.judges.judge import Judge
from attiqa_core.photos.images import centre_crop, resize_short_edge
from attiqa_core.tensors import Images, PerImage
from isp_env.tool_episodes.contexts import ToolContexts
from isp_env.tool_episodes.core import ToolCore
from isp_env.tools.tool import Tool

WIDEST = 4
"""Short edges of what is made small about the middle: more of a long strip would be enlarged, and cut away."""


@dataclass(frozen=True)
class Retouched:
    """A picture (1, 3, height, width) in [0, 1], the tools that were applied to it with their strengths, in order, and a phrase for
    each entry of what was seen first that lies far outside of what training saw."""

    image: Images
    used: tuple[tuple[str, float], ...]
    unfamiliar: tuple[str, ...]


@dataclass
class Canvas:
    """A full-size picture that tools change, and the small version of it that the policy sees.

    `native`: the middle at the picture's own resolution in place of the whole made small.
    """

    image: Images
    size_px: int
    native: bool

    def small(self) -> Images:
        """Return the centred square that the policy sees, (1, 3, size, size)."""
        if self.native and min(self.image.shape[2:]) >= self.size_px:
            return centre_crop(self.image, self.size_px)
        short = min(self.image.shape[2:])
        rows, columns = (
            slice((side - kept) // 2, (side + kept) // 2)
            for side in self.image.shape[2:]
            for kept in [min(side, WIDEST * short)]
        )
        near = self.image[..., rows, columns]
        return centre_crop(resize_short_edge(near, self.size_px), self.size_px).clamp(0, 1)

    def holding(self, tool: Tool) -> Tool:
        """Return the tool as it acts here: on the full size, whatever small version it is given; it returns the new one."""

        def apply(images: Images, strength: PerImage | None) -> Images:
            self.image = tool(self.image, strength)
            return self.small()

        return replace(tool, apply=apply)


@torch.no_grad()
def retouch(policy: ToolPolicy, tools: Sequence[Tool], image: Images, judge: Judge | None, native: bool) -> Retouched:
    """Return a picture, (1, 3, height, width) in [0, 1], with the tools that the policy picks for it; no reference is needed.

    After each tool the full-size picture is made small again, so that the policy sees what was done.
    """
    canvas = Canvas(image, policy.size_px, native)
    small = canvas.small()
    unrewarded = replace(policy.task, reward="psnr")  # to itself: nobody looks at the reward
    context = ToolContexts(("picture",), small, small, ("",))
    core = ToolCore(context, [canvas.holding(tool) for tool in tools], judge, unrewarded)
    first = core.reset(torch.zeros(1, dtype=torch.long, device=core.device))[1][0]
    used = play(core, Agent(policy)).used[0]
    return Retouched(canvas.image, used, tuple(policy.normaliser.unfamiliar(first, core.observation_names)))
