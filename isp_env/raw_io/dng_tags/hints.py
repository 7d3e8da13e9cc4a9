"""What a DNG says of its picture's noise, sharpness, shape and response, and which of it nothing here follows.

Source: DNG Specification 1.7.1.0, chapter 4. BayerGreenSplit, ChromaBlurRadius, AntiAliasStrength, BestQualityScale and
DefaultBlackRender are advice to other demosaics and renderers: there is nothing to follow.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from isp_env.raw_io.decoding.tiff_tags import BLACK, COLOR_MATRICES, DEFAULT_SCALE, Tag, number, numbers
from isp_env.stages.highlights import CLIP_START

DEFAULT_USER_CROP, MASKED_AREAS = 51125, 50830
BASELINE_NOISE, BASELINE_SHARPNESS, LINEAR_RESPONSE_LIMIT, SHADOW_SCALE = 50731, 50732, 50734, 50739
NOISE_REDUCTION_APPLIED, ICC_PROFILE = 50935, 50831
SMALLEST_NOISE, LARGEST_NOISE = 0.25, 4.0  # of a camera relative to another; numbers beyond are no measurement
LEAST_LEFT = 0.1  # of noise, by amplitude, that any reduction leaves


@dataclass(frozen=True)
class Hints:
    """`noise`: the standard deviation of this camera's noise relative to a typical camera's (BaselineNoise), and `noise_left`
    the share that is left after what was reduced already; `not_applied`: what the picture is shown without, by name."""

    noise: float
    noise_left: float
    not_applied: tuple[str, ...]


def hints_of(first: Mapping[int, Tag], raw: Mapping[int, Tag]) -> Hints:
    """Return the hints of a DNG's two directories."""
    return Hints(
        noise=min(max(number(first, BASELINE_NOISE, 1.0), SMALLEST_NOISE), LARGEST_NOISE),
        noise_left=min(max(1 - number(raw, NOISE_REDUCTION_APPLIED, 0.0), LEAST_LEFT), 1.0),
        not_applied=tuple(_not_applied(first, {**first, **raw})),
    )


def _not_applied(first: Mapping[int, Tag], both: Mapping[int, Tag]) -> list[str]:
    across, down = _pair(both, DEFAULT_SCALE)
    user_crop = numbers(both, DEFAULT_USER_CROP)
    limit = number(first, LINEAR_RESPONSE_LIMIT, 1.0)
    names = {
        f"DefaultScale {across:g} x {down:g} (pixels that are not square)": abs(across / down - 1) > 1e-3,
        "DefaultUserCrop": len(user_crop) == 4 and user_crop != [0.0, 0.0, 1.0, 1.0],
        "MaskedAreas (no BlackLevel is stated)": MASKED_AREAS in both and BLACK not in both,
        f"LinearResponseLimit {limit:g}": 0 < limit < CLIP_START,  # above it clipped highlights are restored anyhow
        "AsShotICCProfile": ICC_PROFILE in first and COLOR_MATRICES[0] not in first,
    }
    for name, code in (("BaselineSharpness", BASELINE_SHARPNESS), ("ShadowScale", SHADOW_SCALE)):
        value = number(first, code, 1.0)
        names[f"{name} {value:g}"] = value not in (0.0, 1.0)
    return [name for name, applies in names.items() if applies]


def _pair(tags: Mapping[int, Tag], code: int) -> tuple[float, float]:
    values = numbers(tags, code)
    usable = len(values) == 2 and all(math.isfinite(each) and each > 0 for each in values)
    return (values[0], values[1]) if usable else (1.0, 1.0)
