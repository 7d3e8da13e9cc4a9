"""One thing about photos set otherwise, by an exact amount: what corruptions, ladders and the gate's trials are made of.

Nothing here is drawn. Photos are display sRGB in [0, 1], and so is what comes back.
"""

import math

import torch

from attiqa_core.filters import gaussian_blur
from attiqa_core.srgb import linear_from_srgb, luma, srgb_from_linear
from attiqa_core.tensors import Images

SHARPEN_SIGMA_512 = 1.5  # px for a short edge of 512


def chroma_times(images: Images, factor: float) -> Images:
    """Return photos with their distance from grey of equal luma scaled by `factor`."""
    grey = luma(images)
    return (grey + factor * (images - grey)).clamp(0, 1)


def contrast_times(images: Images, factor: float) -> Images:
    """Return photos with their distance from their mean luma scaled by `factor`."""
    mean = luma(images).mean((1, 2, 3), keepdim=True)
    return (mean + factor * (images - mean)).clamp(0, 1)


def exposed(images: Images, exposure_ev: float) -> Images:
    """Return photos exposed by so many EV more, in linear light; highlights clip."""
    return srgb_from_linear(linear_from_srgb(images) * 2.0**exposure_ev).clamp(0, 1)


def sharpened(images: Images, amount: float) -> Images:
    """Return photos with `amount` times their detail of `SHARPEN_SIGMA_512` added."""
    sigma_px = SHARPEN_SIGMA_512 * min(images.shape[2:]) / 512
    base = gaussian_blur(images, images.new_full((len(images),), sigma_px), sigma_px)
    return (images + amount * (images - base)).clamp(0, 1)


def cast_of(images: Images, amount_ev: float, angle: float) -> Images:
    """Return photos under a cast, `amount_ev` between the strongest and the weakest channel, equally bright.

    `angle` is its hue in radians: 0 is red, a third of a turn green, two thirds blue, half a turn cyan.
    """
    places = images.new_tensor([math.cos(angle - 2 * math.pi * channel / 3) for channel in range(3)])
    gains = torch.exp2(places / (places.max() - places.min()) * amount_ev)[:, None, None]
    linear = linear_from_srgb(images)
    cast_linear = linear * gains
    kept = luma(linear).mean((1, 2, 3), keepdim=True) / luma(cast_linear).mean((1, 2, 3), keepdim=True).clamp_min(1e-6)
    return srgb_from_linear(cast_linear * kept).clamp(0, 1)
