"""Gamut compression: colours near and beyond the boundary of sRGB, or of another output space, lose chroma, at the lightness and hue that they have.

After the ACES reference gamut compression (S-2020-001): a distance of 1 is the boundary, the last part before it is shared with what
lies beyond. Here the distance is along a line of constant lightness and hue in Oklab, so it is a root of three cubic polynomials,
found by one step from the chord.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import LinearRgb
from isp_env.colorimetry.oklab import LMS_TO_SRGB, Matrix, Oklab, rgb_from_oklab

THRESHOLD = 0.85  # distance from the achromatic axis, 1 at the boundary, below which nothing changes
LIMIT = 1.5  # distance that is mapped onto the boundary
_STRENGTH = (1 - THRESHOLD) * (LIMIT - THRESHOLD) / (LIMIT - 1)
_SMALLEST_ROOM = 1e-3
_NEAREST = 0.5  # the step from the chord begins at twice the colour's chroma at most

Distance = Float[Tensor, "batch 1 height width"]


def compress_gamut(lab: Oklab, from_lms: Matrix = LMS_TO_SRGB) -> tuple[LinearRgb, Distance]:
    """Return linear RGB drawn into gamut, and how far each pixel was beyond it (0 inside); sRGB unless `from_lms` leads elsewhere.

    Colours of a distance up to THRESHOLD are as `rgb_from_oklab` gives them, bit for bit.
    """
    distance = boundary_distance(lab, from_lms)
    beyond = (distance - THRESHOLD).clamp_min(0)
    excess = beyond * beyond / (_STRENGTH + beyond)  # distance - compressed distance, rising from slope 0
    keep = 1 - excess / distance.clamp_min(THRESHOLD)
    return rgb_from_oklab(_with_chroma(lab, keep), from_lms), (distance - 1).clamp_min(0)


def boundary_distance(lab: Oklab, from_lms: Matrix = LMS_TO_SRGB) -> Distance:
    """Return the chroma over that of the space's boundary at the same lightness and hue; 0 for greys."""
    first = _chord_distance(rgb_from_oklab(lab, from_lms), lab[:, :1])
    step = 1 / first.clamp_min(_NEAREST)
    return _chord_distance(rgb_from_oklab(_with_chroma(lab, step), from_lms), lab[:, :1]) / step


def _chord_distance(linear_rgb: LinearRgb, lightness: Tensor) -> Distance:
    """How far along the straight line from grey to each channel's end, 0 or 1, the farthest channel has gone."""
    grey = lightness * lightness * lightness
    change = linear_rgb - grey
    below = -change.amin(1, keepdim=True) / grey.clamp_min(_SMALLEST_ROOM)
    above = change.amax(1, keepdim=True) / (1 - grey).clamp_min(_SMALLEST_ROOM)
    return torch.maximum(below, above)


def _with_chroma(lab: Oklab, gain: Tensor) -> Oklab:
    return torch.cat([lab[:, :1], lab[:, 1:] * gain], 1)
