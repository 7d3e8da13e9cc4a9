"""Base tone map: scene-linear light to display-linear by a log-logistic curve, each channel by itself."""

import math

import torch

from attiqa_core.tensors import LinearRgb, PerImage
from isp_env.stages.tone import MID_GREY

DISPLAY_MID_GREY = 0.24  # raws keep room above white, so cameras render scene mid grey brighter than 0.18
BASE_EXPONENT = 1.35
DISPLAY_PEAK = 1.12  # the limit of the curve; above 1, so that clipped raw white reaches display white
SMALLEST_LIGHT = 2.0**-18


def tone_map(linear_rgb: LinearRgb, contrast: PerImage) -> LinearRgb:
    """Return y = A x^g / (x^g + k), g = BASE_EXPONENT * 2^contrast and k such that mid grey stays at DISPLAY_MID_GREY.

    Written as A sigmoid(g ln(x / 0.18) + c): rising, smooth, and the power is never taken of zero or less.
    """
    exponent = (BASE_EXPONENT * torch.exp2(contrast))[:, None, None, None]
    share = DISPLAY_MID_GREY / DISPLAY_PEAK
    at_grey = math.log(share / (1 - share))
    log_light = linear_rgb.clamp_min(SMALLEST_LIGHT).log()
    return DISPLAY_PEAK * torch.addcmul(at_grey - exponent * math.log(MID_GREY), log_light, exponent).sigmoid()
