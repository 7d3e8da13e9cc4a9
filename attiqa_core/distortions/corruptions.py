"""Spoiled pictures: what nobody prefers to the photo it was made of, for the gate and as negatives in fine-tuning.

Training shows the kinds of `TRAINED`, and never those of `distortions.held_out`; the gate asks about all of them. A
strength lies in [0, 1]; even 0 is plainly visible. Lengths are px for a short edge of 512 and scale with the picture.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.distortions import held_out
from attiqa_core.distortions.edits import chroma_times, exposed, sharpened
from attiqa_core.distortions.strength import between, normal, uniform
from attiqa_core.filters import gaussian_blur
from attiqa_core.photos.images import Picture, five_crops, to_images
from attiqa_core.srgb import linear_from_srgb, srgb_from_linear
from attiqa_core.tensors import Images

NOISE_SIGMA = (0.06, 0.25)  # of display values in [0, 1]
BLUR_SIGMA_512 = (3.0, 9.0)
POSTERISED_LEVELS = (8.0, 3.0)  # per channel
SATURATION = (2.2, 4.5)
SHARPEN_AMOUNT = (2.5, 8.0)
UNDEREXPOSURE_EV = (-2.5, -5.0)
OVEREXPOSURE_EV = (1.8, 4.0)
CAST_EV = (0.7, 1.6)  # between the strongest and the weakest channel
CELL_512 = (4.0, 48.0)  # side of a checkerboard's square


@dataclass(frozen=True)
class Spoil:
    """One way to spoil pictures; `keeps_content` is false where nothing of the photo is left.

    A `held_out` one is never trained on, so that the gate learns from it what was understood and not only memorised.
    """

    apply: Callable[[Images, float, torch.Generator], Images]
    keeps_content: bool = True
    held_out: bool = False


def noisy(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Photos under white Gaussian noise."""
    return (images + between(NOISE_SIGMA, strength) * normal(images.shape, images, generator)).clamp(0, 1)


def blurred(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Photos far out of focus (Gaussian)."""
    scale = min(images.shape[2:]) / 512
    sigma_px = between(BLUR_SIGMA_512, strength) * scale
    return gaussian_blur(images, images.new_full((len(images),), sigma_px), BLUR_SIGMA_512[1] * scale)


def posterised(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Photos of few levels per channel."""
    steps = round(between(POSTERISED_LEVELS, strength)) - 1
    return (images * steps).round() / steps


def oversaturated(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Photos whose colours are pushed into clipping."""
    return chroma_times(images, between(SATURATION, strength))


def oversharpened(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Photos with halos from a strong unsharp mask."""
    return sharpened(images, between(SHARPEN_AMOUNT, strength))


def underexposed(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Photos sunk into black, in linear light."""
    return exposed(images, between(UNDEREXPOSURE_EV, strength))


def overexposed(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Photos whose highlights, and then mid-tones, are blown."""
    return exposed(images, between(OVEREXPOSURE_EV, strength))


def colour_cast(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Photos under a white balance that is far off: channels scaled in linear light, in a drawn order."""
    spread_ev = between(CAST_EV, strength)
    places = uniform((len(images), 3), images, generator).argsort(1).to(images)
    gains = torch.exp2((places / 2 - 0.5) * spread_ev)[:, :, None, None]
    return srgb_from_linear(linear_from_srgb(images) * gains).clamp(0, 1)


def pure_noise(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Uniform noise in place of the photos."""
    return uniform(images.shape, images, generator)


def flat(images: Images, strength: float, generator: torch.Generator) -> Images:
    """One drawn colour in place of each photo."""
    return uniform((len(images), 3, 1, 1), images, generator).expand_as(images).clone()


def checkerboard(images: Images, strength: float, generator: torch.Generator) -> Images:
    """A checkerboard of two drawn colours in place of each photo."""
    height, width = images.shape[2:]
    cell_px = max(1, round(between(CELL_512, strength) * min(height, width) / 512))
    row, column = (torch.arange(size, device=images.device) // cell_px for size in (height, width))
    odd = ((row[:, None] + column[None, :]) % 2).to(images)
    first, second = uniform((2, len(images), 3, 1, 1), images, generator)
    return first + (second - first) * odd


SPOILS: dict[str, Spoil] = {
    "noisy": Spoil(noisy),
    "blurred": Spoil(blurred),
    "posterised": Spoil(posterised),
    "oversaturated": Spoil(oversaturated),
    "oversharpened": Spoil(oversharpened),
    "underexposed": Spoil(underexposed),
    "overexposed": Spoil(overexposed),
    "colour cast": Spoil(colour_cast),
    "pure noise": Spoil(pure_noise, keeps_content=False),
    "flat": Spoil(flat, keeps_content=False),
    "checkerboard": Spoil(checkerboard, keeps_content=False),
    "JPEG blocks": Spoil(held_out.jpeg_blocks, held_out=True),
    "pixelated": Spoil(held_out.pixelated, held_out=True),
    "impulse noise": Spoil(held_out.impulse_noise, held_out=True),
    "motion blur": Spoil(held_out.motion_blur, held_out=True),
    "colour blotches": Spoil(held_out.colour_blotches, held_out=True),
    "banded": Spoil(held_out.banded, held_out=True),
    "stripes": Spoil(held_out.stripes, keeps_content=False, held_out=True),
}
"""Every way to spoil a picture that a scorer has to see through."""

TRAINED: dict[str, Spoil] = {name: spoil for name, spoil in SPOILS.items() if not spoil.held_out}
"""Those that training may show."""


def spoiled_versions(picture: Picture, versions: int, crop: int, seed: int) -> Float[Tensor, "versions 3 crop crop"]:
    """Return `versions` spoiled versions of a picture, cropped to its centre; ways of `TRAINED` and strengths are drawn.

    The whole picture is spoiled, so that lengths are those of its short edge. The crop is the central one of `five_crops`.
    """
    generator = torch.Generator().manual_seed(seed)
    images = to_images(picture[None])
    ways = list(TRAINED.values())
    drawn = torch.randperm(len(ways), generator=generator)[:versions].tolist()
    strengths = torch.rand(len(drawn), generator=generator).tolist()
    spoiled = [ways[way].apply(images, strength, generator) for way, strength in zip(drawn, strengths, strict=True)]
    return torch.cat([five_crops(each, crop)[-1] for each in spoiled])
