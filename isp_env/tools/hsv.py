"""Hue and saturation of HSV (Smith 1978), written as what they add to RGB, so that no change changes no bit."""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import Images, PerImage
from isp_env.tools.tool import amounts

SMALLEST_CHROMA = 1e-6  # divisor of a grey's hue: what it moves is smaller than any picture's step

Hue = Float[Tensor, "batch 1 height width"]
"""In sixths of a turn from red, in [0, 6)."""


def turn(images: Images, strength: PerImage | None, radians: float) -> Images:
    """Return images whose hue is turned by strength times `radians`; the largest and the smallest channel's values stay.

    Greys stay. Continuous in the picture; its gradient jumps where two channels are equal.
    """
    chroma = images.amax(1, keepdim=True) - images.amin(1, keepdim=True)
    sixths = _hue(images, chroma)
    by = amounts(images, strength) * (radians * 3 / torch.pi)
    return (images + chroma * (_below_largest(sixths) - _below_largest(sixths + by))).clamp(0, 1)


def saturate(images: Images, strength: PerImage | None, factor: float) -> Images:
    """Return images whose saturation (1 - least / largest channel) is multiplied by factor^strength, up to 1.

    The largest channel stays, and with it the hue.
    """
    largest = images.amax(1, keepdim=True)
    chroma = largest - images.amin(1, keepdim=True)
    most = (largest / chroma.clamp_min(SMALLEST_CHROMA)).clamp_min(1)
    ratio = torch.minimum(factor ** amounts(images, strength), most)
    return (images + (images - largest) * (ratio - 1)).clamp(0, 1)


def _hue(images: Images, chroma: Hue) -> Hue:
    red, green, blue = images.split(1, 1)
    divisor = chroma.clamp_min(SMALLEST_CHROMA)
    of_green, of_blue = (blue - red) / divisor + 2, (red - green) / divisor + 4
    largest = images.amax(1, keepdim=True)
    not_red = torch.where(green == largest, of_green, of_blue)
    return torch.where(red == largest, (green - blue) / divisor, not_red)


def _below_largest(sixths: Hue) -> Float[Tensor, "batch 3 height width"]:
    """Return how far each channel lies below the largest, in chromas, for a hue."""
    place = (sixths + sixths.new_tensor([5, 3, 1]).view(1, 3, 1, 1)) % 6
    return torch.minimum(place, 4 - place).clamp(0, 1)
