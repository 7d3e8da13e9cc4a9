"""Lateral chromatic aberration: a lens draws red and blue at another size than green; both are scaled back about its axis."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attiqa_core.tensors import LinearRgb, PerImage
from isp_env.stages.mosaic import SITE_OF_PLANE, Planes

LARGEST_SHIFT_PX = 6.0
"""Beyond this a pixel of full size is moved no farther: 0.002 at 3000 px from the axis, the corner of 24 MP; tiles need a bound."""
REACH_PX = 10
"""The largest shift and the two samples of a mosaic's plane beyond it that the interpolator weighs."""


def correct_lateral_aberration(
    linear_rgb: LinearRgb,
    red_magnification: PerImage,
    blue_magnification: PerImage,
    optical_centre_px: Float[Tensor, "batch 2"],
    scale: PerImage,
) -> LinearRgb:
    """Return pictures whose red and blue come from (1 + magnification) times as far from the centre; 0 changes nothing, bit for bit.

    Magnifications are relative to green, of the order of +-0.002, and the same at every size. `optical_centre_px`: row and
    column of the lens's axis, which may lie outside of a tile or crop; `scale`: the pictures' size relative to the sensor.
    Borders repeat the edge sample.
    """
    magnification = torch.stack([red_magnification, blue_magnification], 1)
    centre = optical_centre_px[:, None].expand(-1, 2, 2)
    planes = _scaled(linear_rgb[:, ::2], magnification, centre, LARGEST_SHIFT_PX * scale.clamp(max=1))
    return torch.stack([planes[:, 0], linear_rgb[:, 1], planes[:, 1]], 1)


def correct_mosaic_aberration(
    planes: Planes,
    cfa_index: Int[Tensor, " batch"],
    red_magnification: PerImage,
    blue_magnification: PerImage,
    optical_centre_px: Float[Tensor, "batch 2"],
    scale: PerImage,
) -> Planes:
    """Return the same of a mosaic's planes, R, G, G, B; `optical_centre_px` is among the mosaic's pixels.

    Before demosaicing, which takes the detail of red and blue from green: what is put right after it moves green's detail away
    from green. As in RawTherapee's raw chromatic aberration correction, but from given sizes and on the samples themselves.
    """
    magnification = torch.stack([red_magnification, blue_magnification], 1)
    site = torch.tensor(SITE_OF_PLANE, device=cfa_index.device)[cfa_index][:, ::3]
    centre = (optical_centre_px[:, None] - torch.stack([site // 2, site % 2], 2)) / 2
    moved = _scaled(planes[:, ::3], magnification, centre, LARGEST_SHIFT_PX * scale.clamp(max=1) / 2)
    return torch.stack([moved[:, 0], planes[:, 1], planes[:, 2], moved[:, 1]], 1)


def _scaled(
    planes: Float[Tensor, "batch 2 height width"],
    magnification: Float[Tensor, "batch 2"],
    centre: Float[Tensor, "batch 2 2"],
    largest: PerImage,
) -> Float[Tensor, "batch 2 height width"]:
    """Both planes about their own row and column."""
    planes = _scale_rows(planes, magnification, centre[:, :, 1], largest)
    return _scale_rows(planes.mT, magnification, centre[:, :, 0], largest).mT


def _scale_rows(
    planes: Float[Tensor, "batch 2 height width"],
    magnification: Float[Tensor, "batch 2"],
    centre: Float[Tensor, "batch 2"],
    largest: PerImage,
) -> Float[Tensor, "batch 2 height width"]:
    """Cubic interpolation along rows; exact at whole shifts. Source: Keys 1981, equation 8 (a = -1/2)."""
    place = torch.arange(planes.shape[-1], device=planes.device)
    from_centre = place.to(planes) - centre[..., None]
    bound = largest[:, None, None]
    shift = (magnification[..., None] * from_centre).clamp(-bound, bound)
    whole = shift.detach().floor()
    scaled = torch.zeros_like(planes)
    for tap, weight in zip((-1, 0, 1, 2), _cubic_weights(shift - whole), strict=True):
        source = (place + whole.long() + tap).clamp(0, planes.shape[-1] - 1)
        scaled = scaled + weight[:, :, None] * planes.gather(3, source[:, :, None].expand_as(planes))
    return scaled


def _cubic_weights(t: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weights of the samples at -1, 0, 1 and 2 for a point at t in [0, 1)."""
    return (
        -0.5 * t * (1 - t).square(),
        1 + t.square() * (1.5 * t - 2.5),
        t * (0.5 + t * (2 - 1.5 * t)),
        0.5 * t.square() * (t - 1),
    )
