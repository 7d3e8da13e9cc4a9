"""Defect pixels: samples far outside the range of their same-colour neighbours are pulled to that range."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from isp_env.stages.mosaic import Planes

REACH_PX = 2  # one pixel of a colour plane
NOISE_SIGMAS = 8.0
RELATIVE_MARGIN = 0.25  # of the brightest neighbour
ABSOLUTE_MARGIN = 0.02
SHARED_BY_BLOCK = 0.5  # light reaches the other colours of the 2x2 block too; a defect stands out alone


def correct_defects(planes: Planes, noise: Float[Tensor, "batch 2"]) -> Planes:
    """Return the planes with isolated outliers replaced; all other samples are untouched, bit for bit.

    A sample is a defect if it is outside the range of its eight neighbours of the same colour by more than the noise
    and contrast allow, and the other samples of its 2x2 block together deviate less than half as much. It takes the
    nearest end of that range.
    """
    lowest, highest = _neighbour_range(planes)
    shot, read = noise[:, :, None, None].unbind(1)
    level = highest.clamp(0, 1)
    sigma = (shot[:, None] * level + read[:, None]).clamp_min(0).sqrt()
    margin = NOISE_SIGMAS * sigma + RELATIVE_MARGIN * level + ABSOLUTE_MARGIN
    deviation = (planes - (lowest + highest) / 2).abs()
    alone = deviation.sum(1, keepdim=True) <= (1 + SHARED_BY_BLOCK) * deviation
    corrected = torch.where(alone & (planes > highest + margin), highest, planes)
    return torch.where(alone & (planes < lowest - margin), lowest, corrected)


def _neighbour_range(planes: Planes) -> tuple[Planes, Planes]:
    """Lowest and highest of the eight neighbours in the plane, the sample itself left out."""
    padded = F.pad(planes, (1, 1, 1, 1), mode="reflect")
    left, middle, right = padded[..., :-2], padded[..., 1:-1], padded[..., 2:]
    row_low, row_high = left.minimum(middle).minimum(right), left.maximum(middle).maximum(right)
    sides_low, sides_high = left.minimum(right)[..., 1:-1, :], left.maximum(right)[..., 1:-1, :]
    lowest = row_low[..., :-2, :].minimum(row_low[..., 2:, :]).minimum(sides_low)
    highest = row_high[..., :-2, :].maximum(row_high[..., 2:, :]).maximum(sides_high)
    return lowest, highest
