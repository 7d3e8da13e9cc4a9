"""Variance stabilisation: on the square root of light above an offset, the sensor's noise is almost the same everywhere."""

import torch
from jaxtyping import Float
from torch import Tensor

Offset = Float[Tensor, "batch 1 1 1"]
"""What is added to white-balanced light before its root is taken; white is 1."""

SMALLEST_OFFSET, LARGEST_OFFSET = 1e-4, 1.0  # of white: finite slopes without read noise, and without shot noise
POISSON_OFFSET = (
    3 / 8
)  # of one electron: Anscombe, The transformation of Poisson, binomial and negative-binomial data, 1948
DARK_SNR = 2.0  # of a sample at native resolution, where light counts as dark by a quarter
STRAIGHT_BELOW = 0.25  # of the offset: noise reaches below it only in the deepest shadow, where a line is finite


def stabilising_offset(noise: Float[Tensor, "batch 2"], mean_gain: Float[Tensor, "batch 1 1 1"]) -> Offset:
    """Return c of sqrt(y + c) for white-balanced y, from variance = a x + b and the mean gain of the channels.

    Source: the generalised Anscombe transform; Foi, Optimization of variance-stabilizing transformations, 2009. One c for
    all channels, so that grey stays grey; what that leaves of the noise's dependence on light is `root_variance`.
    """
    shot, read = noise[:, 0, None, None, None], noise[:, 1, None, None, None]
    offset = mean_gain * (read / shot.clamp_min(torch.finfo(shot.dtype).tiny) + POISSON_OFFSET * shot)
    return offset.clamp(SMALLEST_OFFSET, LARGEST_OFFSET)


def stabilise(balanced: Tensor, offset: Offset) -> Tensor:
    """Return sqrt(y + c), and its tangent where y + c is below STRAIGHT_BELOW of c; slopes are finite everywhere."""
    knee = STRAIGHT_BELOW * offset
    above = balanced + offset
    return torch.where(above > knee, torch.maximum(above, knee).sqrt(), (above + knee) / (2 * knee.sqrt()))


def unstabilise(root: Tensor, offset: Offset) -> Tensor:
    """Return the y of `stabilise`: its inverse."""
    knee_root = (STRAIGHT_BELOW * offset).sqrt()
    return torch.where(root > knee_root, root.square(), knee_root * (2 * root - knee_root)) - offset


def root_variance(level: Tensor, gains: Tensor, noise: Float[Tensor, "batch 2"], offset: Offset) -> Tensor:
    """Return the variance of `stabilise` for noise about a white-balanced `level` (N, 1, H, W), one for each of the gains.

    A gain g makes a x + b into g a y + g^2 b, and the root's slope is 1 / (2 sqrt(y + c)).
    """
    shot, read = noise[:, 0, None, None, None], noise[:, 1, None, None, None]
    level = level.clamp_min(0)
    return (gains * shot * level + gains.square() * read) / (4 * (level + offset))


def dark_terms(
    sensor_noise: Float[Tensor, "batch 2"], gains: Float[Tensor, "batch channels 1 1"]
) -> tuple[Float[Tensor, "batch 1 1 1"], Float[Tensor, "batch 1 1 1"]]:
    """Return s and r of DARK_SNR^2 times the variance, s y + r, of balanced light y, of the channels' mean gain."""
    gain = gains.mean(1, keepdim=True) * DARK_SNR
    return gain * DARK_SNR * sensor_noise[:, 0, None, None, None], gain.square() * sensor_noise[:, 1, None, None, None]


def darkness(level: Tensor, terms: tuple[Tensor, Tensor]) -> Tensor:
    """Return how far the light is no more than its noise: 1 at none, 1/4 where the signal-to-noise ratio is DARK_SNR, 0 in daylight.

    The square falls so fast that dark foliage keeps its texture (LOG.md, 2026-11-28).
    """
    light = level.clamp_min(0)
    variance = terms[0] * light + terms[1]
    return (variance / (variance + light.square()).clamp_min(torch.finfo(light.dtype).tiny)).square()
