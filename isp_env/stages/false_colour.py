"""False colour: single pixels whose colour stands out of their neighbours' are artefacts of demosaicing.

Source: the median of colour differences after Freeman, Median filter for reconstructing missing color samples, US patent 4724395,
1988 (expired); here every sample keeps its value, and half of what a red or blue sample's difference lost is given to its green.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from attiqa_core.tensors import LinearRgb
from isp_env.stages.mosaic import sampled_colours

PASSES = 1
GREEN_SHARE = 0.5
"""Of an outlying colour difference at a red or blue site, how much was its green's fault."""
REACH_PX = PASSES


def suppress_false_colour(linear_rgb: LinearRgb, cfa_index: Int[Tensor, " batch"]) -> LinearRgb:
    """Return demosaiced RGB whose red - green and blue - green are medians of 3x3 pixels; samples stay. Borders are mirrored."""
    green = linear_rgb[:, 1:2]
    differences = linear_rgb[:, ::2] - green
    smooth = differences
    for _ in range(PASSES):
        smooth = median_of_nine(smooth)
    red_or_blue = sampled_colours(linear_rgb, cfa_index)[:, ::2]
    excess = (differences - smooth).where(red_or_blue, 0).sum(1, keepdim=True)
    green = green + GREEN_SHARE * excess
    red, blue = torch.where(red_or_blue, linear_rgb[:, ::2], green + smooth).split(1, 1)
    return torch.cat([red, green, blue], 1)


def median_of_nine(planes: Float[Tensor, "batch planes height width"]) -> Float[Tensor, "batch planes height width"]:
    """Return each pixel's median of 3x3: of sorted columns the highest low, the middle of the middles and the lowest high."""
    padded = F.pad(planes, (1, 1, 1, 1), mode="reflect")
    above, here, below = padded[..., :-2, :], padded[..., 1:-1, :], padded[..., 2:, :]
    low, high = above.minimum(here), above.maximum(here)
    lows, highs, middles = low.minimum(below), high.maximum(below), low.maximum(high.minimum(below))
    return _middle(
        lows[..., :-2].maximum(lows[..., 1:-1]).maximum(lows[..., 2:]),
        _middle(middles[..., :-2], middles[..., 1:-1], middles[..., 2:]),
        highs[..., :-2].minimum(highs[..., 1:-1]).minimum(highs[..., 2:]),
    )


def _middle(first: Tensor, second: Tensor, third: Tensor) -> Tensor:
    return first.minimum(second).maximum(first.maximum(second).minimum(third))
