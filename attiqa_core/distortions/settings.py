"""Photos set otherwise by drawn amounts, several settings at once: what a network can learn to read off a picture alone.

A ladder says which of two versions is the better one; this says by how much a version is off, and along what. One photo
teaches as much as many ladders, and a network that knows where a picture stands knows where it should stand.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.distortions.edits import cast_of, chroma_times, contrast_times, exposed
from attiqa_core.tensors import Images

SETTINGS = ("chroma", "cast_x", "cast_y", "exposure", "contrast")
"""Chroma in doublings; the cast in EV between the strongest and the weakest channel, towards red along x and along y
(`edits.cast_of`: its hue is the angle); exposure in EV; contrast in doublings about the mean luma."""

Settings = Float[Tensor, "batch 5"]
"""By how much pictures are off, in the order of `SETTINGS`; 0 is a photo as it was."""

CHROMA = (-1.3, 0.9)
CAST_EV = 0.9
EXPOSURE_EV = (-2.0, 1.0)
CONTRAST = (-0.9, 0.6)
OFTEN = (0.5, 0.6, 0.3, 0.25)
"""How often chroma, cast, exposure and contrast are off; what is not is as it was, which has to be learned, too."""

SPREAD = (1.0, 0.5, 0.5, 1.4, 1.0)
"""What counts as much along one as 1 doubling of chroma does."""


def drawn(count: int, generator: torch.Generator) -> Settings:
    """Return settings of so many pictures, on the generator's device."""
    device = generator.device
    off = torch.rand(count, 4, generator=generator, device=device) < torch.tensor(OFTEN, device=device)
    places = torch.rand(count, 5, generator=generator, device=device)
    chroma, exposure, contrast = (
        low + (high - low) * places[:, column]
        for column, (low, high) in zip((0, 3, 4), (CHROMA, EXPOSURE_EV, CONTRAST), strict=True)
    )
    angle, cast = 2 * math.pi * places[:, 1], CAST_EV * places[:, 2]
    return torch.stack(
        [
            chroma * off[:, 0],
            cast * angle.cos() * off[:, 1],
            cast * angle.sin() * off[:, 1],
            exposure * off[:, 2],
            contrast * off[:, 3],
        ],
        1,
    )


def set_otherwise(photos: Images, settings: Settings) -> Images:
    """Return each photo with its settings applied: contrast, chroma, cast and exposure, in this order."""
    return torch.cat([_one(photo, *row) for photo, row in zip(photos.split(1), settings.tolist(), strict=True)])


def _one(photo: Images, chroma: float, cast_x: float, cast_y: float, exposure_ev: float, contrast: float) -> Images:
    if contrast:
        photo = contrast_times(photo, 2.0**contrast)
    if chroma:
        photo = chroma_times(photo, 2.0**chroma)
    if cast_x or cast_y:
        photo = cast_of(photo, math.hypot(cast_x, cast_y), math.atan2(cast_y, cast_x))
    return exposed(photo, exposure_ev) if exposure_ev else photo
