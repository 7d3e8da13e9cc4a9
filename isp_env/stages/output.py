"""Output: the space's encoding, the clip to [0, 1] and the integers of files."""

import numpy as np
import torch

from attiqa_core.errors import InputError
from attiqa_core.srgb import srgb_from_linear
from attiqa_core.tensors import Images, LinearRgb
from isp_env.colorimetry.output_space import SRGB, OutputSpace


def encode(linear_rgb: LinearRgb, space: OutputSpace = SRGB) -> Images:
    """Return the values that the space's files hold, before the clip: sRGB's curve, or linear light as it is."""
    return srgb_from_linear(linear_rgb) if space.encoded else linear_rgb


def clip(display_rgb: Images) -> Images:
    """Return the values clipped to [0, 1] exactly; the gradient passes straight through."""
    clipped = display_rgb.clamp(0, 1)
    if not torch.is_grad_enabled():
        return clipped
    return clipped.detach() + (display_rgb - display_rgb.detach())


def quantise(display_rgb: np.ndarray, bits: int, name: str = "picture") -> np.ndarray:
    """Return (H, W, 3) unsigned integers: (3, H, W) in [0, 1] rounded to the nearest of 2^bits steps.

    Raises: InputError for NaN or infinity.
    """
    if not np.isfinite(display_rgb.min() + display_rgb.max()):
        raise InputError(f"{name}: the picture holds NaN or infinity; render it again with other parameters")
    steps = np.float32(2**bits - 1)
    scaled = display_rgb.astype(np.float32) * steps
    scaled += np.float32(0.5)
    np.clip(scaled, 0, steps, out=scaled)
    return np.ascontiguousarray(scaled.astype(np.uint8 if bits == 8 else np.uint16).transpose(1, 2, 0))
