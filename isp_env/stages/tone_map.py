"""Base tone map: scene-linear light to display light by a log-logistic curve, with the hue that the scene had.

The curve acts on each channel by itself, which lets bright colours run to white, but bends hues on the way (orange to yellow).
So lightness and chroma are taken from its result, and the hue, in Oklab, from the light that went in.
"""

import math

import torch

from attiqa_core.tensors import LinearRgb, PerImage, Planes
from isp_env.colorimetry.oklab import Oklab, oklab_from_rec2020
from isp_env.stages.tone import MID_GREY

DISPLAY_MID_GREY = 0.24  # raws keep room above white, so cameras render scene mid grey brighter than 0.18
BASE_EXPONENT = 1.35
DISPLAY_PEAK = 1.12  # the limit of the curve before it is stretched to reach white
STRETCH_POWER = 4  # so high that mid grey stays
SMALLEST_LIGHT = 2.0**-18
PALEST = 1e-4  # chroma over lightness, below which a colour has no hue to keep


def tone_map(linear_rgb: LinearRgb, contrast: PerImage, white: PerImage) -> Oklab:
    """Return the Oklab colour of the display light: `display_curve` of each channel, turned to the hue of `linear_rgb`.

    `white`: scene-linear light of a blown area at the camera default, which is display white at any contrast.
    """
    light = linear_rgb.clamp_min(SMALLEST_LIGHT)
    lightness, *wrong = oklab_from_rec2020(display_curve(light, contrast, white)).split(1, 1)
    scene_lightness, a, b = oklab_from_rec2020(light).split(1, 1)
    scene_chroma = (a.square() + b.square() + (PALEST * scene_lightness).square()).sqrt()
    scale = (wrong[0].square() + wrong[1].square() + (PALEST * PALEST) ** 2).sqrt() / scene_chroma
    return torch.cat([lightness, a * scale, b * scale], 1)


def display_curve(light: Planes, contrast: PerImage, white: PerImage) -> Planes:
    """Return y + (1 - y(white)) min(y / y(white), 1)^4 of y = A x^g / (x^g + k), g = BASE_EXPONENT * 2^contrast.

    k is such that y of mid grey is DISPLAY_MID_GREY. Written as A sigmoid(g ln(x / 0.18) + c): rising and smooth.
    Light has to be above 0; 1 is reached at `white` exactly.
    """
    exponent = (BASE_EXPONENT * torch.exp2(contrast))[:, None, None, None]
    curved = _log_logistic(light, exponent)
    at_white = _log_logistic(white[:, None, None, None].clamp_min(SMALLEST_LIGHT), exponent)
    share = (curved / at_white).clamp_max(1)
    return torch.addcmul(curved, 1 - at_white, share**STRETCH_POWER)


def _log_logistic(light: torch.Tensor, exponent: torch.Tensor) -> torch.Tensor:
    share = DISPLAY_MID_GREY / DISPLAY_PEAK
    at_grey = math.log(share / (1 - share))
    return DISPLAY_PEAK * torch.addcmul(at_grey - exponent * math.log(MID_GREY), light.log(), exponent).sigmoid()
