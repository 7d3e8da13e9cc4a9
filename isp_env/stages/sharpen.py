"""Sharpening: unsharp mask of luma, on its square root so that dark and bright edges gain alike."""

import torch

from attiqa_core.filters import HalfKernel, blur, discrete_gaussian
from attiqa_core.srgb import LUMINANCE
from attiqa_core.tensors import LinearRgb, PerImage

RADIUS_PX = 4
LARGEST_SHARPEN = 2.5
_SMALLEST_LUMA = 1e-6


def sharpen_luma(
    linear_rgb: LinearRgb,
    sharpen: PerImage,
    sharpen_radius_px: PerImage,
    scale: PerImage,
    luminance_weights: tuple[float, float, float] = LUMINANCE,
) -> LinearRgb:
    """Return display-linear RGB with y + sharpen (y - blur(y)), y = sqrt(luma), its change added to all channels.

    `sharpen_radius_px` is the Gaussian's sigma at full resolution; `scale` makes it that of the render. 0 changes nothing.
    `luminance_weights` are those of the space, sRGB's by default.
    """
    luma = linear_rgb.new_tensor(luminance_weights).expand(linear_rgb.shape[0], 1, 3)
    luminance = torch.bmm(luma, linear_rgb.flatten(2)).unflatten(2, linear_rgb.shape[2:])
    root = luminance.clamp_min(_SMALLEST_LUMA).sqrt()
    blurred = blur(root, sharpening_kernel(sharpen_radius_px, scale))
    sharpened = torch.addcmul(root, root - blurred, sharpen[:, None, None, None]).clamp_min(0)
    return linear_rgb + (sharpened.square() - root.square())


def sharpening_kernel(sharpen_radius_px: PerImage, scale: PerImage) -> HalfKernel:
    """Return the half kernel of the mask's blur in a render of the given scale."""
    return discrete_gaussian((sharpen_radius_px * scale).square(), RADIUS_PX)
