"""Grey world in CIELAB, as DRL-ISP has it: the mean of a* and b* taken from each pixel, the brighter the more."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.srgb import LAB_STRAIGHT_BELOW, XYZ_OVER_WHITE, lab_from_srgb, srgb_from_linear
from attiqa_core.tensors import Images, PerImage
from isp_env.tools.strips import Place, TwoPasses
from isp_env.tools.tool import amounts

AT_WHITE = 1.1  # times the mean, at L* = 100
_FROM_XYZ = torch.from_numpy(np.linalg.inv(np.array(XYZ_OVER_WHITE)))

Lab = Float[Tensor, "batch 3 height width"]
MeanColour = Float[Tensor, "batch 2 1 1"]


def mean_colour(strip: Images, place: Place) -> MeanColour:
    """Return a strip's share of the picture's mean a* and b*."""
    return lab_from_srgb(strip)[:, 1:].mean((2, 3), keepdim=True) * (strip.shape[2] / place.height)


def balanced(strip: Images, strength: PerImage | None, mean: MeanColour, place: Place) -> Images:
    """Return images whose mean a* and b* are taken away, times L* / 100, 1.1 and the strength; clipped to sRGB.

    L* stays, but where a colour is clipped. What is added is the difference of two ways back from CIELAB, so that nothing
    taken is nothing changed. Source: DRL-ISP, `white_balance`, after which means are near 0 only in bright pictures.
    """
    lab = lab_from_srgb(strip)
    taken = amounts(strip, strength) * AT_WHITE * mean * lab[:, :1] / 100
    neutral = torch.cat([lab[:, :1], lab[:, 1:] - taken], 1)
    return (strip + (_srgb_from_lab(neutral) - _srgb_from_lab(lab))).clamp(0, 1)


grey_world = TwoPasses(mean_colour, balanced)


def _srgb_from_lab(lab: Lab) -> Images:
    """Return sRGB of CIELAB about its own white D65, beyond [0, 1] outside its gamut."""
    lightness, green_red, blue_yellow = lab.unbind(1)
    y = (lightness + 16) / 116
    root = torch.stack([y + green_red / 500, y, y - blue_yellow / 200], 1)
    curve = root.clamp_min(LAB_STRAIGHT_BELOW) ** 3
    xyz = curve + (root.clamp_max(LAB_STRAIGHT_BELOW) - LAB_STRAIGHT_BELOW) * (3 * LAB_STRAIGHT_BELOW**2)
    return srgb_from_linear(torch.einsum("ij,bjhw->bihw", _FROM_XYZ.to(xyz), xyz))
