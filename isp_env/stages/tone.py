"""Tone: shadows, highlights and the white end point as one rising curve of log luminance.

The pipeline gives it the edge-preserving base of the picture (`stages/clarity.py`), so that detail keeps its contrast where a
region is lifted or lowered.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import PerImage

MID_GREY = 0.18
SMALLEST_LUMINANCE = 2.0**-18  # guards the logarithm; about 16 stops below mid grey
HIGHLIGHTS_REACH_EV = 2.5  # above mid grey, where highlights act in full: about display white
SHADOWS_REACH_EV = 4.0  # below mid grey, where shadows act in full
WHITE_EV = math.log2(1 / MID_GREY)

Stops = Float[Tensor, "batch 1 #height #width"]
"""log2(luminance / mid grey)."""


def to_stops(luminance: Float[Tensor, "batch 1 height width"]) -> Stops:
    """Return log2(luminance / 0.18), guarded below."""
    return (luminance.clamp_min(SMALLEST_LUMINANCE) * (1 / MID_GREY)).log2()


def tone_curve(stops: Stops, highlights_ev: PerImage, shadows_ev: PerImage, whites_ev: PerImage) -> Stops:
    """Return t'' of t: highlights and shadows fade in over some stops, then whites stretch what is above mid grey.

    t' = t + h S(t / 2.5) + s S(-t / 4), S the smoothstep: its slope is at least 1 - 0.6 h and 1 - 3 s / 8, above 0 for what
    `params` allows. t'' = t' + w r(t'), r rising from 0 at mid grey to 1 at luminance 1, slope at most 1/1.97. Mid grey stays.
    """
    highlights, shadows, whites = (x[:, None, None, None] for x in (highlights_ev, shadows_ev, whites_ev))
    bright = highlights * _smoothstep(stops * (1 / HIGHLIGHTS_REACH_EV))
    curved = stops + bright + shadows * _smoothstep(stops * (-1 / SHADOWS_REACH_EV))
    start = curved.clamp(0, 1)
    ramp = start * (curved - start / 2)  # t^2 / 2 up to one stop, then straight
    return torch.addcmul(curved, whites * (1 / (WHITE_EV - 0.5)), ramp)


def apply_stops(rgb: Float[Tensor, "batch 3 height width"], before: Stops, after: Stops) -> Tensor:
    """Return rgb with its luminance moved from `before` to `after`; the ratios of the channels stay."""
    return rgb * (after - before).exp2()


def _smoothstep(x: Tensor) -> Tensor:
    x = x.clamp(0, 1)
    return x * x * (3 - 2 * x)
