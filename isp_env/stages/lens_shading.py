"""Lens shading: the gain of every sample, interpolated from a frame's small grid for the tile at hand.

As DNG's OpcodeList2 has it, the gains multiply samples whose black is 0, before demosaicing; the result may exceed 1.
Source: DNG Specification 1.7.1.0, chapter 7, "GainMap".
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attiqa_core.tensors import LinearRgb
from isp_env.lens.shading import ShadingBatch
from isp_env.stages.mosaic import SITE_OF_PLANE, Planes


def plane_gains(shading: ShadingBatch, cfa_index: Int[Tensor, " batch"], planes: Planes) -> Planes:
    """Return the gain of each sample of the colour planes, each at its own place in the 2x2 block."""
    site = torch.tensor(SITE_OF_PLANE, device=cfa_index.device)[cfa_index]
    height, width = planes.shape[-2:]
    rows = 2 * torch.arange(height, device=site.device) + (site // 2)[:, :, None]
    columns = 2 * torch.arange(width, device=site.device) + (site % 2)[:, :, None]
    return _interpolate(shading.gains, *_knots(shading, rows, columns)).to(planes.dtype)


def rgb_gains(shading: ShadingBatch, camera_rgb: LinearRgb) -> LinearRgb:
    """Return the gain of each channel of each pixel; green's is the mean of the two greens'."""
    red, first_green, second_green, blue = shading.gains.unbind(1)
    gains = torch.stack([red, (first_green + second_green) / 2, blue], 1)
    height, width = camera_rgb.shape[-2:]
    rows, columns = (torch.arange(count, device=gains.device)[None, None] for count in (height, width))
    return _interpolate(gains, *_knots(shading, rows, columns)).to(camera_rgb.dtype)


def _knots(shading: ShadingBatch, rows: Tensor, columns: Tensor) -> tuple[Tensor, Tensor]:
    """Where the centres of rows and columns lie between the knots, counted in knots."""
    first, spacing = shading.first_px[:, :, None, None], shading.spacing_px[:, :, None, None]
    return (rows + 0.5 - first[:, 0]) / spacing[:, 0], (columns + 0.5 - first[:, 1]) / spacing[:, 1]


def _interpolate(
    gains: Float[Tensor, "batch planes rows columns"], row_knots: Tensor, column_knots: Tensor
) -> Float[Tensor, "batch planes height width"]:
    down, across = _hat(row_knots, gains.shape[2]), _hat(column_knots, gains.shape[3])
    return down @ gains @ across.transpose(2, 3)


def _hat(knots: Tensor, count: int) -> Tensor:
    """The share of each of `count` knots in the value at each place, linear between two; beyond the ends, the end's."""
    distance = knots.clamp(0, count - 1)[..., None] - torch.arange(count, device=knots.device)
    return (1 - distance.abs()).clamp_min(0)
