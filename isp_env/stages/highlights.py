"""Clipped highlights: a clipped channel is at least what the others say, and where all are clipped the light is neutral.

Without this, a blown white turns magenta: green clips first and white balance then multiplies red and blue alone.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import LinearRgb
from isp_env.stages.mosaic import Planes

CLIP_START, CLIP_END = 0.84, 0.92
"""Of white level: from the first on a sample is less and less believed, from the second on not at all. Files state one
white level, but cameras clip each channel at its own (GoPro HERO6: green at 0.95, blue at 0.92). Light that is just
below clipping hardly changes by this: a bright colour whose channel lies far below the mean of the other two is rare."""


def restore_highlights(
    camera_rgb: LinearRgb, wb_gains: Float[Tensor, "batch 3"], shading: LinearRgb | float = 1.0
) -> LinearRgb:
    """Return linear camera RGB (clipping at 1) whose clipped areas are neutral under `wb_gains`; may exceed 1.

    Samples below CLIP_START are untouched, bit for bit. The as-shot gains are meant, so that the stage has no parameter.
    `shading` is not applied here, but will be: neutral is what is so after it.
    """
    gains = wb_gains[:, :, None, None] * shading
    clipped = ((camera_rgb - CLIP_START) / (CLIP_END - CLIP_START)).clamp(0, 1)
    balanced = camera_rgb * gains
    rise = (1.5 * (balanced.mean(1, keepdim=True) - balanced)).clamp_min(0)  # to the mean of the other two
    restored = balanced + clipped * rise
    all_clipped = clipped.prod(1, keepdim=True)
    change = restored + all_clipped * (restored.amax(1, keepdim=True) - restored) - balanced
    return camera_rgb + change / gains


def restore_mosaic_highlights(
    planes: Planes, wb_gains: Float[Tensor, "batch 3"], shading: Planes | None = None
) -> Planes:
    """Return the planes with the same done in each 2x2 block, for each of its two greens."""
    with_first, with_second = (
        restore_highlights(planes[:, block], wb_gains, 1.0 if shading is None else shading[:, block])
        for block in ([0, 1, 3], [0, 2, 3])
    )
    both = (with_first + with_second) / 2
    return torch.stack([both[:, 0], with_first[:, 1], with_second[:, 1], both[:, 2]], 1)
