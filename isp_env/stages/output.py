"""Output: the sRGB transfer function and the clip to [0, 1]."""

import torch

from attiqa_core.tensors import Images, LinearRgb

SRGB_LINEAR_LIMIT = 0.0031308  # IEC 61966-2-1
SRGB_LINEAR_SLOPE = 12.92
_AT_LIMIT = 1.055 * SRGB_LINEAR_LIMIT ** (1 / 2.4) - 0.055


def encode_srgb(linear_srgb: LinearRgb) -> Images:
    """Return display sRGB; its linear part goes on below 0 and its power above 1.

    A sum of the two pieces, each held at the limit beyond its end: neither a branch nor a power of zero or less.
    """
    power = (linear_srgb.clamp_min(SRGB_LINEAR_LIMIT).log() * (1 / 2.4)).exp()
    straight = linear_srgb.clamp_max(SRGB_LINEAR_LIMIT)
    offset = -0.055 - SRGB_LINEAR_SLOPE * SRGB_LINEAR_LIMIT
    return torch.add(1.055 * power + offset, straight, alpha=SRGB_LINEAR_SLOPE)


def clip(display_rgb: Images) -> Images:
    """Return the values clipped to [0, 1] exactly; the gradient passes straight through."""
    clipped = display_rgb.clamp(0, 1)
    if not torch.is_grad_enabled():
        return clipped
    return clipped.detach() + (display_rgb - display_rgb.detach())
