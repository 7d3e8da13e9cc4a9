"""Pictures to start from, of raws: what our ISP makes of them by default. Nothing is planted, and there is no reference."""

from collections.abc import Iterable

import torch

from attiqa_core.errors import InputError
from attiqa_core.tensors import Images
from isp_env.params import IspParams
from isp_env.pipeline import render
from isp_env.raw import RawFrame
from isp_env.tool_episodes.contexts import ToolContexts


def raw_contexts(frames: Iterable[RawFrame], px: int) -> ToolContexts:
    """Return the camera-default render of each frame's centred square, px x px; from an iterator each frame is let go before the
    next is asked for. Raises: InputError for no raws."""
    rendered = [(frame.name, by_default(frame, px)) for frame in frames]
    if not rendered:
        raise InputError("no raws: give one or more")
    names, images = zip(*rendered, strict=True)
    return ToolContexts(names, torch.cat(images), None, ("",) * len(names))


@torch.no_grad()
def by_default(frame: RawFrame, px: int) -> Images:
    """Return the camera-default render of a frame's centred square, (1, 3, px, px) in [0, 1]."""
    return render(frame.proxy(px, square=True), IspParams.default(1)).clamp(0, 1)
