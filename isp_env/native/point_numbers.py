"""What a picture's parameters come to in the native point chain, as tensors with gradients."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import PerImage
from isp_env.params import IspParams
from isp_env.stages import tone, tone_map
from isp_env.stages.camera import luminance_weights

PointNumbers = Float[Tensor, "batch numbers"]
"""The members of `structures.PointParameters`, in its order."""


def point_numbers(
    params: IspParams, matrix: Float[Tensor, "batch 3 3"], offset: PerImage, white: PerImage
) -> PointNumbers:
    """Return the numbers of each image; `matrix` @ rgb + `offset` is Rec.2020, `white` is `frames.scene.light_of_white`."""
    exponent = tone_map.BASE_EXPONENT * torch.exp2(params["contrast"])
    at_white = tone_map._log_logistic(white.clamp_min(tone_map.SMALLEST_LIGHT), exponent)
    share = tone_map.DISPLAY_MID_GREY / tone_map.DISPLAY_PEAK
    hue = params["hue_deg"] * (math.pi / 180)
    after_the_matrices = (
        offset,
        params["highlights_ev"],
        params["shadows_ev"],
        params["whites_ev"],
        torch.exp2(params["clarity"]) - 1,
        exponent,
        math.log2(share / (1 - share)) - exponent * math.log2(tone.MID_GREY),
        1 / at_white,
        1 - at_white,
        1 + params["saturation"],
        params["vibrance"],
        hue.cos(),
        hue.sin(),
    )
    return torch.cat([matrix.flatten(1), luminance_weights(matrix), torch.stack(after_the_matrices, 1)], 1)
