"""Graded distortions: one signed axis per attribute, where a higher level means more of the attribute.

A level lies in [-1, 1]; 0 leaves the image as it is, and -1 is about as severe as level 5 of KADID-10k. KADID
orders its levels by severity; here they are ordered by sign, so that a level can serve as a label.
Source: Lin, Hosu, Saupe 2019 (KADID-10k); parameters as coded in ARNIQA `distortion_range`.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.filters import gaussian_blur
from attiqa_core.srgb import linear_from_srgb, luma, srgb_from_linear
from attiqa_core.tensors import AttributeScores, Images, PerImage

BLUR_SIGMA_512 = 5 * 512 / 384  # px for a short edge of 512: KADID's sigma 5 on its 512x384 images
UNSHARP_SIGMA_512 = 2.0  # px for a short edge of 512
UNSHARP_AMOUNT = 3.0
CONTRAST_GAINS = (0.4, 1.8)  # at level -1 and +1; KADID goes from 1 - 0.6 to 1 + 0.3
EXPOSURES_EV = (-3.0, 2.0)
SATURATIONS = (0.0, 2.0)
NOISE_SIGMA = 0.1  # KADID: variance 0.01, on display code values in [0, 1]


@dataclass(frozen=True)
class Axis:
    """A distortion and the levels it is defined for; levels outside [low, high] act as the nearest end."""

    low: float
    high: float
    apply: Callable[[Images, PerImage, torch.Generator], Images]


def change_sharpness(images: Images, level: PerImage, generator: torch.Generator) -> Images:
    """Images blurred (level < 0) or unsharp-masked (level > 0); radii scale with the short edge."""
    scale = min(images.shape[2:]) / 512
    sigma_px = torch.where(level < 0, -level * BLUR_SIGMA_512, UNSHARP_SIGMA_512) * scale
    blurred = gaussian_blur(images, sigma_px, BLUR_SIGMA_512 * scale)
    weight = torch.where(level < 0, -1.0, level * UNSHARP_AMOUNT)
    return (images + _per_image(weight) * (images - blurred)).clamp(0, 1)


def change_contrast(images: Images, level: PerImage, generator: torch.Generator) -> Images:
    """Images stretched linearly about their mean luma; the gain is geometric in the level."""
    low, high = CONTRAST_GAINS
    gain = _per_image(torch.where(level < 0, math.log(low) * -level, math.log(high) * level).exp())
    mean = luma(images).mean((2, 3), keepdim=True)
    return (images + (gain - 1) * (images - mean)).clamp(0, 1)


def change_brightness(images: Images, level: PerImage, generator: torch.Generator) -> Images:
    """Images exposed less or more, in linear light; highlights clip as they do in a camera."""
    low, high = EXPOSURES_EV
    exposure_ev = torch.where(level < 0, low * -level, high * level)
    exposed = srgb_from_linear(linear_from_srgb(images) * _per_image(torch.exp2(exposure_ev))).clamp(0, 1)
    return torch.where(_per_image(level) == 0, images, exposed)


def change_colorfulness(images: Images, level: PerImage, generator: torch.Generator) -> Images:
    """Images from grey (level -1) to twice as saturated (+1), about grey of equal luma."""
    low, high = SATURATIONS
    change = _per_image(torch.where(level < 0, (1 - low) * level, (high - 1) * level))
    return (images + change * (images - luma(images))).clamp(0, 1)


def change_noisiness(images: Images, level: PerImage, generator: torch.Generator) -> Images:
    """Images with Gaussian and shot noise, sigma 0.1 in mid grey at level -1; 0, the highest, is clean."""
    noise = torch.randn(images.shape, generator=generator, device=generator.device).to(images)
    sigma = NOISE_SIGMA * _per_image(-level.clamp_max(0)) * (0.5 + images).sqrt()
    return (images + sigma * noise).clamp(0, 1)


def _per_image(values: PerImage) -> Tensor:
    return values.view(-1, 1, 1, 1)


AXES: dict[str, Axis] = {
    "sharpness": Axis(-1.0, 1.0, change_sharpness),
    "contrast": Axis(-1.0, 1.0, change_contrast),
    "brightness": Axis(-1.0, 1.0, change_brightness),
    "colorfulness": Axis(-1.0, 1.0, change_colorfulness),
    "noisiness": Axis(-1.0, 0.0, change_noisiness),
}
"""The distortion of each attribute, in the order of `ATTRIBUTES`."""

PHYSICAL_ORDER = ("brightness", "contrast", "colorfulness", "sharpness", "noisiness")
"""The scene's light comes first and noise last, so that no blur removes the noise that a label promises."""


def distort(images: Images, levels: AttributeScores, generator: torch.Generator) -> Images:
    """New images with the five distortions applied at the given levels (B, 5), in physical order.

    An image is handled by an axis only where its level is not 0, so that level 0 is the identity bit for bit.
    """
    result = images.clone()
    for attribute in PHYSICAL_ORDER:
        axis = AXES[attribute]
        level = levels[:, ATTRIBUTES.index(attribute)].to(images).clamp(axis.low, axis.high)
        chosen = level.nonzero().squeeze(1)
        if len(chosen):
            result[chosen] = axis.apply(result[chosen], level[chosen], generator)
    return result
