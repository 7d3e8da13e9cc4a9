"""Sharpening and the two small blurs: 3 x 3 kernels over each channel, borders mirrored without the edge sample.

Source: DRL-ISP, `common/trad_tool.py`, with OpenCV 4.3 and kornia 0.3.2.
"""

import math

import torch
from torch import Tensor

from attiqa_core.tensors import Images, PerImage
from isp_env.tools.tool import amounts

GAUSSIAN_SIGMA_PX = 1.5


def box(images: Images, strength: PerImage | None) -> Images:
    """Return the way from the images to the mean of 3 x 3 pixels, a strength's share of it."""
    return torch.lerp(images, _mean(images), amounts(images, strength)).clamp(0, 1)


def gaussian(images: Images, strength: PerImage | None) -> Images:
    """Return the way to a Gaussian of 3 x 3 taps, sampled at sigma 1.5 px and normalised: close to the box."""
    side = math.exp(-1 / (2 * GAUSSIAN_SIGMA_PX**2))
    blurred = _three_taps(images, 1 / (1 + 2 * side), side / (1 + 2 * side))
    return torch.lerp(images, blurred, amounts(images, strength)).clamp(0, 1)


def sharpen(images: Images, strength: PerImage | None) -> Images:
    """Return x + 9 strength (x - its 3 x 3 mean), clipped: at 1 the kernel of nine in the middle and -1 around it."""
    return (images + (images - _mean(images)) * (9 * amounts(images, strength))).clamp(0, 1)


def mirrored(planes: Tensor, above: int, below: int, left: int, right: int) -> Tensor:
    """Return planes with a border that mirrors them about their edge samples, of any width, also beyond their own size."""
    rows = mirrored_places(planes.shape[-2], above, below, planes.device)
    columns = mirrored_places(planes.shape[-1], left, right, planes.device)
    return planes.index_select(-2, rows).index_select(-1, columns)


def mirrored_places(size: int, before: int, after: int, device: torch.device) -> Tensor:
    """Return which sample stands at each place along an axis with such a border."""
    places = torch.arange(-before, size + after, device=device)
    period = max(2 * (size - 1), 1)
    within = places % period
    return torch.minimum(within, period - within) if size > 1 else torch.zeros_like(places)


def _mean(images: Images) -> Images:
    return _three_taps(images, 1 / 3, 1 / 3)


def _three_taps(images: Images, centre: float, side: float) -> Images:
    """Return images filtered along both axes; in shifts and sums, for convolutions round a batch unlike a single image."""
    padded = mirrored(images, 1, 1, 1, 1)
    rows = padded[..., 1:-1, :] * centre + (padded[..., :-2, :] + padded[..., 2:, :]) * side
    return rows[..., 1:-1] * centre + (rows[..., :-2] + rows[..., 2:]) * side
