"""Saturation, vibrance and hue about luma, and the change from Rec.2020 to sRGB primaries."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import LinearRgb, PerImage
from isp_env.colour import REC2020_TO_SRGB
from isp_env.stages.camera import REC2020_LUMA

_SMALLEST_PEAK = 1e-4
_TO_SRGB = torch.from_numpy(REC2020_TO_SRGB).float()


def adjust_chroma(rec2020: LinearRgb, saturation: PerImage, vibrance: PerImage, hue_deg: PerImage) -> LinearRgb:
    """Return linear sRGB, Y + g (rgb - Y) with g = 2^saturation (1 + vibrance (1 - c)^2), after turning the hue.

    c is (max - min) / max of linear sRGB, clamped to [0, 1]. Luminance Y is kept by all three.
    """
    luma = rec2020.new_tensor(REC2020_LUMA).expand(rec2020.shape[0], 1, 3)
    turned = _TO_SRGB.to(rec2020) @ hue_rotation(hue_deg)
    mapped = torch.bmm(torch.cat([turned, luma], 1), rec2020.flatten(2)).unflatten(2, rec2020.shape[2:])
    rgb, luminance = mapped[:, :3], mapped[:, 3:]
    peak = rgb.amax(1, keepdim=True)
    paleness = (rgb.amin(1, keepdim=True) / peak.clamp_min(_SMALLEST_PEAK)).clamp(0, 1)  # 1 - c
    gain = torch.exp2(saturation)[:, None, None, None] * (1 + vibrance[:, None, None, None] * paleness.square())
    return torch.lerp(luminance, rgb, gain)


def hue_rotation(hue_deg: PerImage) -> Float[Tensor, "batch 3 3"]:
    """Return the matrix that turns linear Rec.2020 about the grey axis and restores its luminance; greys stay.

    Source: Rodrigues' rotation formula about (1, 1, 1) / sqrt(3).
    """
    angle = (hue_deg * (math.pi / 180))[:, None, None]
    axis_cross = hue_deg.new_tensor([[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [-1.0, 1.0, 0.0]]) / math.sqrt(3)
    eye = torch.eye(3, dtype=hue_deg.dtype, device=hue_deg.device)
    rotation = angle.cos() * eye + angle.sin() * axis_cross + (1 - angle.cos()) / 3
    luma = hue_deg.new_tensor(REC2020_LUMA)
    return rotation + (luma - (luma[:, None] * rotation).sum(1))[:, None, :]
