"""Saturation, vibrance and hue as a gain and a turn of the Oklab chroma; lightness stays."""

import math

import torch

from attiqa_core.tensors import PerImage
from isp_env.colorimetry.oklab import Oklab

PALE_CHROMA = (
    0.12  # chroma over lightness at which vibrance acts by half: skin and haze have less, flowers and paint more
)
_SMALLEST_LIGHTNESS = 1e-2


def adjust_chroma(lab: Oklab, saturation: PerImage, vibrance: PerImage, hue_deg: PerImage) -> Oklab:
    """Return Oklab with (a, b) turned by `hue_deg` and multiplied by (1 + saturation) (1 + vibrance p), -1 being grey.

    p = 1 / (1 + (C / L / PALE_CHROMA)^2) is 1 for greys and falls with chroma. 0, 0, 0 changes nothing, bit for bit.
    """
    lightness, a, b = lab.split(1, 1)
    angle = hue_deg[:, None, None, None] * (math.pi / 180)
    relative = (a.square() + b.square()) / (lightness.clamp_min(_SMALLEST_LIGHTNESS) * PALE_CHROMA).square()
    gain = (1 + saturation[:, None, None, None]) * (1 + vibrance[:, None, None, None] / (1 + relative))
    cos, sin = gain * angle.cos(), gain * angle.sin()
    return torch.cat([lightness, a * cos - b * sin, a * sin + b * cos], 1)
