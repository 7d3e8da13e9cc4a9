"""Pictures to start from, of raws: what our ISP makes of them by default. Nothing is planted, and there is no reference."""

from collections.abc import Iterable

import torch

from attiqa_core.errors import InputError
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame
from isp_env.tool_episodes.contexts import ToolContexts


def raw_contexts(frames: Iterable[RawFrame], px: int) -> ToolContexts:
    """Return the camera-default render of each frame's centred square, px x px; from an iterator each frame is let go before the
    next is asked for. Raises: InputError for no raws."""
    rendered = [_rendered(frame, px) for frame in frames]
    if not rendered:
        raise InputError("no raws: give one or more")
    names, images = zip(*rendered, strict=True)
    return ToolContexts(names, torch.cat(images), None, ("",) * len(names))


@torch.no_grad()
def _rendered(frame: RawFrame, px: int) -> tuple[str, torch.Tensor]:
    return frame.name, render(frame.proxy(px, square=True), IspParams.default(1)).clamp(0, 1)
