"""Ways to spoil pictures that no training shows: a scorer that sees through these has learned more than a list.

A strength lies in [0, 1]; even 0 is plainly visible. Lengths are px for a short edge of 512 and scale with the picture,
but for the 8 px blocks of JPEG and for single pixels.
"""

import math

import torch
from torch.nn import functional

from attiqa_core.distortions.severity_ladder import compress
from attiqa_core.distortions.strength import between, normal, uniform
from attiqa_core.srgb import luma
from attiqa_core.tensors import Images

JPEG_SEVERITY = (0.6, 1.0)  # of `severity_ladder.compress`: quality 12 to 4
PIXEL_512 = (6.0, 20.0)  # side of a square of one colour
IMPULSE_SHARE = (0.04, 0.25)  # of all pixels
MOTION_512 = (20.0, 64.0)
BLOTCH_512 = 18.0  # distance between two blotches
BLOTCH_SIGMA = (0.08, 0.2)  # of display values, before luma is taken out
BAND_512 = 3.0  # height of a band
BAND_SIGMA = (0.05, 0.15)  # of display values
PERIOD_512 = (8.0, 64.0)


def jpeg_blocks(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Photos in visible blocks from JPEG at quality 12 and below."""
    severity = images.new_full((len(images),), between(JPEG_SEVERITY, strength))
    return compress(images, severity, generator)


def pixelated(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Photos in squares of one colour."""
    side_px = between(PIXEL_512, strength) * min(images.shape[2:]) / 512
    size = [max(1, round(edge / side_px)) for edge in images.shape[2:]]
    return functional.interpolate(functional.interpolate(images, size=size, mode="area"), size=images.shape[2:])


def impulse_noise(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Photos under salt and pepper: some pixels white, as many black."""
    share = between(IMPULSE_SHARE, strength)
    draws = uniform((len(images), 1, *images.shape[2:]), images, generator)
    salted = torch.where(draws < share / 2, 1.0, images)
    return torch.where(draws > 1 - share / 2, 0.0, salted)


def motion_blur(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Photos from a camera that moved along a straight line, in a drawn direction, the same for the batch."""
    height, width = images.shape[2:]
    length_px = between(MOTION_512, strength) * min(height, width) / 512
    angle = math.pi * float(uniform((), images, generator))
    reach = math.ceil(length_px / 2)
    padded = functional.pad(images, (reach,) * 4, mode="replicate")
    places = [length_px * (step / (2 * reach) - 0.5) for step in range(2 * reach + 1)]
    total = torch.zeros_like(images)
    for place in places:
        down, right = reach + round(place * math.sin(angle)), reach + round(place * math.cos(angle))
        total += padded[..., down : down + height, right : right + width]
    return total / len(places)


def colour_blotches(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Photos under coarse blotches of colour, their luma kept, as a bad denoiser leaves them."""
    height, width = images.shape[2:]
    cell_px = BLOTCH_512 * min(height, width) / 512
    size = (max(2, round(height / cell_px)), max(2, round(width / cell_px)))
    coarse = between(BLOTCH_SIGMA, strength) * normal((len(images), 3, *size), images, generator)
    blotches = functional.interpolate(coarse - luma(coarse), size=(height, width), mode="bicubic")
    return (images + blotches).clamp(0, 1)


def banded(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Photos with rows that are too bright or too dark, as a bad sensor's are, in colour."""
    height = images.shape[2]
    band_px = max(1, round(BAND_512 * min(images.shape[2:]) / 512))
    bands = between(BAND_SIGMA, strength) * normal((len(images), 3, -(-height // band_px), 1), images, generator)
    return (images + bands.repeat_interleave(band_px, 2)[:, :, :height]).clamp(0, 1)


def stripes(images: Images, strength: float, generator: torch.Generator) -> Images:
    """Soft stripes of two drawn colours, in a drawn direction, in place of each photo."""
    height, width = images.shape[2:]
    period_px = between(PERIOD_512, strength) * min(height, width) / 512
    angle = math.pi * uniform((len(images), 1, 1, 1), images, generator)
    rows = torch.arange(height, device=images.device, dtype=images.dtype)[:, None]
    columns = torch.arange(width, device=images.device, dtype=images.dtype)
    phase = (rows * angle.sin() + columns * angle.cos()) * (2 * math.pi / period_px)
    first, second = uniform((2, len(images), 3, 1, 1), images, generator)
    return first + (second - first) * (0.5 + 0.5 * phase.sin())
