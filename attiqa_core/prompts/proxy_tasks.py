"""The two proxy tasks that antonym prompts are judged by: graded distortions, and people's ratings of attributes.

Task 1 asks whether a score follows the level of a known distortion of one photo. Levels are signed and ascend with the
attribute; KADID-10k numbers its levels by perceived severity, which goes up and down in the attribute, and a rank
correlation with that order would mean nothing. Task 2 asks whether it orders photos as people's ratings do.

Source: ATTIQA (arXiv 2406.01020v2), section 3.3; the paper gives no distortions and no levels.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import torch

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.distortions.axes import AXES, CONTRAST_GAINS, NOISE_SIGMA
from attiqa_core.errors import UsageError
from attiqa_core.photos.images import Picture, centre_crop, resize_short_edge, to_images
from attiqa_core.tensors import Images

Levels = Mapping[str, Sequence[float]]
"""Ascending levels in [-1, 1] of each attribute's axis of `distortions`; more is more of the attribute, or cleaner."""

KADID_BLUR_SIGMA_PX = (5, 2, 1, 0.5, 0.1)  # our axis scales KADID's 512x384 pictures to the picture's size
KADID_CONTRAST = (-0.6, -0.4, 0, 0.15, 0.3)  # gain less 1
KADID_DARKEN = (0.8, 0.4, 0.2, 0.1, 0.05)
KADID_BRIGHTEN = (0.1, 0.2, 0.4, 0.7, 1.1)
KADID_SATURATION = (0, 0.1, 0.2, 0.4, 1)  # without its -0.4, which inverts the hues
KADID_NOISE_VARIANCE = (0.01, 0.005, 0.003, 0.002, 0.001)

INVISIBLE = 10 / 255  # a photo that no level changes by more in any pixel (a grey one's colours) has no order to follow


def _contrast_level(change: float) -> float:
    low, high = CONTRAST_GAINS
    return -math.log1p(change) / math.log(low) if change < 0 else math.log1p(change) / math.log(high)


KADID_LEVELS: Levels = {
    "sharpness": tuple(-sigma / max(KADID_BLUR_SIGMA_PX) for sigma in KADID_BLUR_SIGMA_PX),
    "contrast": tuple(_contrast_level(change) for change in KADID_CONTRAST),
    "brightness": (
        *(-amount / max(KADID_DARKEN) for amount in KADID_DARKEN),
        0.0,
        *(amount / max(KADID_BRIGHTEN) for amount in KADID_BRIGHTEN),
    ),
    "colorfulness": tuple(saturation - 1.0 for saturation in KADID_SATURATION),
    "noisiness": tuple(-math.sqrt(variance) / NOISE_SIGMA for variance in KADID_NOISE_VARIANCE),
}
"""KADID-10k's levels on our axes, sorted by sign. Amounts of blur, gain, saturation and variance are KADID's; its
brightness is a curve in CIELAB and ours an exposure, so its amounts are taken as shares of the strongest."""


def graded_levels(spacing: str = "11") -> dict[str, tuple[float, ...]]:
    """Return the levels of task 1: "kadid", or a number of levels evenly spaced between the ends of KADID's.

    Evenly spaced levels are the default because five leave a photo's SROCC in steps of 0.1. Neither goes beyond the
    photo's own sharpness or saturation: over-sharpened and over-saturated pictures are not more of the attribute.
    Raises: UsageError for anything else than "kadid" or a number of at least 3.
    """
    if spacing == "kadid":
        levels = {attribute: tuple(KADID_LEVELS[attribute]) for attribute in ATTRIBUTES}
    else:
        if not spacing.isdecimal() or int(spacing) < 3:
            raise UsageError(f"--levels {spacing}: give kadid, or how many evenly spaced levels (at least 3)")
        levels = {attribute: _evenly_spaced(attribute, int(spacing)) for attribute in ATTRIBUTES}
    assert all(below < above for each in levels.values() for below, above in pairwise(each))
    return levels


def _evenly_spaced(attribute: str, count: int) -> tuple[float, ...]:
    low = KADID_LEVELS[attribute][0]
    high = 0.0 if attribute in ("sharpness", "noisiness") else KADID_LEVELS[attribute][-1]
    return tuple(np.linspace(low, high, count).tolist())


def graded_versions(
    picture: Picture, attribute: str, levels: Sequence[float], short_edge: int, generator: torch.Generator
) -> Images:
    """Return a photo's central square, `short_edge` px wide, at each level of one attribute.

    The square is what CLIP's preprocessing keeps, and it bounds the memory that a panorama takes.
    """
    square = to_images(centre_crop(resize_short_edge(picture, short_edge), short_edge)[None])
    axis = AXES[attribute]
    return axis.apply(square.expand(len(levels), -1, -1, -1), torch.tensor(levels), generator)


def is_graded(versions: Images) -> bool:
    """Whether the levels change the photo at all: a grey photo has no colour to lose, a flat one no contrast."""
    return float((versions.amax(0) - versions.amin(0)).max()) > INVISIBLE
