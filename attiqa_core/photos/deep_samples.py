"""Pictures of more than 8 bits, or of Lab: to sRGB at their own depth, over white, and only then rounded to 8 bits."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from attiqa_core.photos.colour_profiles import converted_deep, lab_to_srgb
from attiqa_core.photos.upright import upright

Space = Literal["grey", "rgb", "cmyk", "cielab", "icclab"]
WHITE = 65535
STRIP_PIXELS = 1_000_000


@dataclass(frozen=True, eq=False)
class DeepPicture:
    """Samples as they are stored, but of 16 bits: (height, width, channels) uint16, 65535 is white, or all of an ink.

    Of Lab they are the file's own numbers, uint8 or uint16.
    `alpha`: the channel that says how opaque a pixel is, None where all are; `premultiplied`: colours hold it already.
    """

    samples: np.ndarray
    space: Space
    profile: bytes | None = None
    alpha: np.ndarray | None = None
    premultiplied: bool = False
    orientation: int = 1


def rounded_rgb(picture: DeepPicture) -> np.ndarray:
    """Return a picture as uint8 (height, width, 3) sRGB, upright, over white; a strip of rows at a time.

    Raises: UnusableProfile.
    """
    height, width = picture.samples.shape[:2]
    rgb = np.empty((height, width, 3), np.uint8)
    step = max(1, STRIP_PIXELS // width)
    for top in range(0, height, step):
        rows = slice(top, top + step)
        alpha = None if picture.alpha is None else picture.alpha[rows].astype(np.float64)[..., None] / WHITE
        rgb[rows] = _strip(picture, picture.samples[rows], alpha)
    return np.ascontiguousarray(upright(rgb, picture.orientation))


def _strip(picture: DeepPicture, samples: np.ndarray, alpha: np.ndarray | None) -> np.ndarray:
    if alpha is not None and picture.premultiplied:
        samples = np.rint((samples / np.maximum(alpha, 1 / WHITE)).clip(0, WHITE)).astype(np.uint16)
    rgb = _in_srgb(picture, samples)
    if alpha is not None:
        rgb = rgb * alpha + WHITE * (1 - alpha)
    return np.rint(rgb / 257.0).astype(np.uint8)


def _in_srgb(picture: DeepPicture, samples: np.ndarray) -> np.ndarray:
    if picture.space in ("cielab", "icclab"):
        return lab_to_srgb(_lab(samples, signed=picture.space == "cielab"))
    if picture.profile is not None:
        return converted_deep(samples, picture.profile)
    if picture.space == "cmyk":  # as Pillow has it of 8 bits
        inks = samples.astype(np.float64)
        return (WHITE - inks[..., :3]) * (WHITE - inks[..., 3:]) / WHITE
    return np.repeat(samples, 3, axis=-1) if picture.space == "grey" else samples


def _lab(samples: np.ndarray, *, signed: bool) -> np.ndarray:
    """L*, a* and b* of TIFF's numbers. Source: TIFF 6.0, section 23, and TIFF Technical Note 4 (ICCLab)."""
    deep = samples.dtype == np.uint16
    colour = samples[..., 1:]
    if signed:
        colour = colour.view(np.int16 if deep else np.int8).astype(np.float64)
    else:
        colour = colour.astype(np.float64) - (32768 if deep else 128)
    white = (65535 if signed else 65280) if deep else 255
    lightness = np.minimum(samples[..., :1] * (100 / white), 100)
    return np.concatenate([lightness, colour / 256 if deep else colour], -1)
