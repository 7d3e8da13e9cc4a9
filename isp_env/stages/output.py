"""Output: the clip to [0, 1]; the sRGB encoding before it is `attiqa_core.srgb.srgb_from_linear`."""

import torch

from attiqa_core.tensors import Images


def clip(display_rgb: Images) -> Images:
    """Return the values clipped to [0, 1] exactly; the gradient passes straight through."""
    clipped = display_rgb.clamp(0, 1)
    if not torch.is_grad_enabled():
        return clipped
    return clipped.detach() + (display_rgb - display_rgb.detach())
