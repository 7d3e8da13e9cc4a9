"""The bilateral filter (Tomasi, Manduchi 1998) with OpenCV's weights and DRL-ISP's settings."""

import torch

from attiqa_core.tensors import Images, PerImage, ResizedImages
from isp_env.tools.filters import mirrored
from isp_env.tools.tool import amounts

RADIUS_PX = 7  # of a round window 15 px wide
SIGMA_PX = 75.0  # far wider than the window: nearly only colour counts
SIGMA_COLOUR = 75 / 255  # of the sum of the three channels' differences
STRIP_PIXELS = 2**16  # of the batch worked on at once on the CPU: what its cache holds

OFFSETS = [
    (down, right)
    for down in range(RADIUS_PX + 1)
    for right in range(-RADIUS_PX, RADIUS_PX + 1)
    if down**2 + right**2 <= RADIUS_PX**2 and (down, right) > (0, 0)
]
"""One of each two opposite neighbours: a pair of pixels has one weight, for both of them."""


def bilateral(images: Images, strength: PerImage | None) -> Images:
    """Return the way to the mean of a round window of 15 px, weighted by nearness in place and colour, a strength's share of it.

    74 shifts of the whole batch, for an unfolded window would take 225 times the memory. Differentiable but where a channel
    of two pixels is equal.
    """
    height, width = images.shape[-2:]
    padded = mirrored(images, *(RADIUS_PX,) * 4)
    rows = height if images.is_cuda else max(1, STRIP_PIXELS // max(1, images.shape[0] * width))
    strips = [
        _towards_the_mean(padded[..., top : min(top + rows, height) + 2 * RADIUS_PX, :])
        for top in range(0, height, rows)
    ]
    return (images + torch.cat(strips, -2) * amounts(images, strength)).clamp(0, 1)


def _towards_the_mean(padded: Images) -> ResizedImages:
    """Return the weighted mean less the pixel, of what lies inside the border."""
    height, width = (size - 2 * RADIUS_PX for size in padded.shape[-2:])
    pull_sum, weight_sum = (
        padded.new_zeros(len(padded), 3, height, width),
        padded.new_ones(len(padded), 1, height, width),
    )
    for down, right in OFFSETS:
        top, left, end = RADIUS_PX - down, RADIUS_PX - max(right, 0), RADIUS_PX + width - min(right, 0)
        first = padded[..., top : RADIUS_PX + height, left:end]
        second = padded[..., RADIUS_PX : RADIUS_PX + height + down, left + right : end + right]
        difference = second - first
        distance = difference.abs().sum(1, keepdim=True)
        nearness = distance.new_tensor(-(down**2 + right**2) / (2 * SIGMA_PX**2))
        weight = torch.addcmul(nearness, distance, distance, value=-1 / (2 * SIGMA_COLOUR**2)).exp()
        pull = difference * weight
        as_first = (..., slice(down, None), slice(max(right, 0), max(right, 0) + width))
        as_second = (..., slice(0, height), slice(max(-right, 0), max(-right, 0) + width))
        pull_sum += pull[as_first]
        pull_sum -= pull[as_second]
        weight_sum += weight[as_first] + weight[as_second]
    return pull_sum / weight_sum
