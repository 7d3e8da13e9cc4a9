"""Defringing: the purple and green seams that a lens leaves along strong edges lose what red and blue have in common."""

import torch
import torch.nn.functional as F
from torch import Tensor

from attiqa_core.tensors import LinearRgb, PerImage

REACH_PX = 3
"""How far from an edge a fringe is looked for, in pixels of full size."""
EDGE_START, EDGE_END = 0.3, 0.7
"""Contrast (high - low) / (high + low) of green within REACH_PX from which a pixel begins to lie, and fully lies, at an edge."""
SMALLEST_LIGHT = 1e-3  # of white: noise around black is no edge


def defringe(linear_rgb: LinearRgb, amount: PerImage, scale: PerImage) -> LinearRgb:
    """Return white-balanced linear RGB without purple and green next to edges; amount 0 changes nothing, bit for bit, 1 takes all.

    Purple is what red and blue both have more than green, green what both have less: that much is taken from, or given to, both,
    so that red, blue and yellow edges stay. Green itself is kept: it is the sharpest and the best sampled. `scale`: the
    pictures' size relative to the sensor, by which edges reach less far in a proxy.
    """
    red, green, blue = linear_rgb.split(1, 1)
    less, more = (red - green).minimum(blue - green), (red - green).maximum(blue - green)
    fringe = less.relu() - (-more).relu()
    taken = amount[:, None, None, None] * _edge(green, REACH_PX * scale.clamp(max=1)) * fringe
    return linear_rgb - taken * linear_rgb.new_tensor([1.0, 0.0, 1.0])[:, None, None]


def _edge(green: Tensor, reach_px: PerImage) -> Tensor:
    """0 on flats to 1 beside strong edges of the green plane, smoothly."""
    light = green.relu()
    high, low = _highest(light, reach_px), -_highest(-light, reach_px)
    contrast = (high - low) / (high + low + 2 * SMALLEST_LIGHT)
    share = ((contrast - EDGE_START) / (EDGE_END - EDGE_START)).clamp(0, 1)
    return share.square() * (3 - 2 * share)


def _highest(planes: Tensor, reach_px: PerImage) -> Tensor:
    """The highest sample so far around, linear between whole reaches; what lies beyond the border does not count."""
    within, found = planes, torch.zeros_like(planes)
    for reach in range(REACH_PX + 1):
        share = (1 - (reach_px - reach).abs()).clamp_min(0)
        found = found + share[:, None, None, None] * within
        within = F.max_pool2d(within, 3, 1, 1)
    return found
