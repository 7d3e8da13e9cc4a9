"""How far renders are from references: colour differences of Oklab, bounded for outliers, with clipped regions counting little."""

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attiqa_core.srgb import linear_from_srgb
from attiqa_core.tensors import Images
from isp_env.colorimetry.oklab import oklab_from_srgb

SCALE = 100.0
"""Oklab differences times this are about as large as those of CIELAB: L goes from 0 to 100."""
SMALLEST_LIGHT = 1e-4  # of a cone's response: the cube root has a gradient, and near black there is nothing to see
ROBUST = 4.0  # in these units: differences beyond it count in proportion, not squared (Charbonnier's norm)
CLIPPED_WHITE, CLIPPED_BLACK = 0.995, 0.004  # display: at or beyond it in all channels the reference says less
CLIPPED_WEIGHT = 0.1
COARSE = 4  # px of the proxy that are averaged into one: a shift of half a pixel is nothing there

Differences = Float[Tensor, "batch 3 places"]
Weights = Float[Tensor, "batch 1 places"]
PlaceWeights = Float[Tensor, "batch 1 height width"]


def perceptual(display_rgb: Images) -> Images:
    """Return Oklab of display sRGB times SCALE; gradients are finite everywhere."""
    return SCALE * oklab_from_srgb(linear_from_srgb(display_rgb), SMALLEST_LIGHT)


def seen_at_scales(display_rgb: Images, *, coarse: bool = True) -> Float[Tensor, "batch 3 places"]:
    """Return what is compared: every pixel, and where `coarse` the means over squares of COARSE px after them."""
    lab = perceptual(display_rgb)
    parts = [lab.flatten(2)]
    if coarse and min(lab.shape[-2:]) >= COARSE:
        parts.append(F.avg_pool2d(lab, COARSE).flatten(2))
    return torch.cat(parts, 2)


def place_weights(references: Images) -> PlaceWeights:
    """Return how much each place counts: 1, and CLIPPED_WEIGHT where the reference is clipped in all channels at once, white or
    black: what is beyond is unknown. By the reference alone: if the render decided, a fit could escape by clipping."""
    clipped = (references.amin(1, keepdim=True) >= CLIPPED_WHITE) | (references.amax(1, keepdim=True) <= CLIPPED_BLACK)
    return torch.where(clipped, CLIPPED_WEIGHT, 1.0)


def weights_of(references: Images, *, coarse: bool = True) -> Weights:
    """Return `place_weights` of every scale; those of each sum up to 1, so that their sum is 2 at most."""
    fine = place_weights(references)
    parts = [fine]
    if coarse and min(references.shape[-2:]) >= COARSE:
        parts.append(F.avg_pool2d(fine, COARSE))
    return torch.cat([part.flatten(2) / part.sum((2, 3)).unsqueeze(2) for part in parts], 2)


def bounded(differences: Differences, weights: Weights) -> tuple[Float[Tensor, " batch"], Weights]:
    """Return each picture's distance, about half a mean squared difference, and the weights of the least squares that descend it.

    Source: Charbonnier et al. 1997, Deterministic edge-preserving regularization, by iteratively reweighted least squares.
    """
    root = (1 + differences.square().sum(1, keepdim=True) / ROBUST**2).sqrt()
    return (weights * ROBUST**2 * (root - 1)).sum((1, 2)), weights / root
