"""Gamut compression: colours near and beyond the sRGB boundary are drawn towards the achromatic axis.

After the ACES reference gamut compression (S-2020-001), but with one distance per pixel, of the lowest channel, for all three
channels: the ratios of the chroma, so the hue, stay as they are, and it costs two reductions and one blend.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import LinearRgb

THRESHOLD = 0.85  # distance from the achromatic axis, 1 at the boundary, below which nothing changes
LIMIT = 1.5  # distance that is mapped onto the boundary
_STRENGTH = (1 - THRESHOLD) * (LIMIT - THRESHOLD) / (LIMIT - 1)
_SMALLEST_PEAK = 1e-4


def compress_gamut(srgb: LinearRgb) -> tuple[LinearRgb, Float[Tensor, "batch 1 height width"]]:
    """Return linear sRGB drawn into gamut, and how far each pixel was beyond it (0 inside).

    Identity, bit for bit, for colours whose lowest channel is at least 1 - THRESHOLD of the highest.
    """
    peak = srgb.amax(1, keepdim=True)
    distance = 1 - srgb.amin(1, keepdim=True) / peak.clamp_min(_SMALLEST_PEAK)
    beyond = (distance - THRESHOLD).clamp_min(0)
    excess = beyond * beyond / (_STRENGTH + beyond)  # distance - compressed distance, rising from slope 0
    keep = 1 - excess / distance.clamp_min(THRESHOLD)
    return torch.lerp(peak, srgb, keep), (distance - 1).clamp_min(0)
