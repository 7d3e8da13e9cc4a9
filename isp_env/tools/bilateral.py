"""The bilateral filter (Tomasi, Manduchi 1998) with OpenCV's weights and DRL-ISP's settings."""

import torch

from attiqa_core.tensors import Images, PerImage
from isp_env.tools.filters import mirrored
from isp_env.tools.tool import amounts

RADIUS_PX = 7  # of a round window 15 px wide
SIGMA_PX = 75.0  # far wider than the window: nearly only colour counts
SIGMA_COLOUR = 75 / 255  # of the sum of the three channels' differences
STRIP_PIXELS = 2**16  # of the batch worked on at once on the CPU: what its cache holds

OFFSETS = [
    (down, right)
    for down in range(-RADIUS_PX, RADIUS_PX + 1)
    for right in range(-RADIUS_PX, RADIUS_PX + 1)
    if 0 < down**2 + right**2 <= RADIUS_PX**2
]


def bilateral(images: Images, strength: PerImage | None) -> Images:
    """Return the way to the mean of a round window of 15 px, weighted by nearness in place and colour, a strength's share of it.

    149 shifts of the whole batch, for an unfolded window would take 225 times the memory. Differentiable but where a channel
    of two pixels is equal.
    """
    height, width = images.shape[-2:]
    padded = mirrored(images, *(RADIUS_PX,) * 4)
    rows = height if images.is_cuda else max(1, STRIP_PIXELS // (images.shape[0] * width))
    strips = [
        _towards_the_mean(padded[..., top : min(top + rows, height) + 2 * RADIUS_PX, :])
        for top in range(0, height, rows)
    ]
    return (images + torch.cat(strips, -2) * amounts(images, strength)).clamp(0, 1)


def _towards_the_mean(padded: Images) -> Images:
    """Return the weighted mean less the pixel, of what lies inside the border."""
    height, width = (size - 2 * RADIUS_PX for size in padded.shape[-2:])
    centre = padded[..., RADIUS_PX : RADIUS_PX + height, RADIUS_PX : RADIUS_PX + width]
    difference_sum, weight_sum = torch.zeros_like(centre), torch.ones_like(centre[:, :1])
    for down, right in OFFSETS:
        top, left = RADIUS_PX + down, RADIUS_PX + right
        difference = padded[..., top : top + height, left : left + width] - centre
        distance = difference.abs().sum(1, keepdim=True)
        nearness = -(down**2 + right**2) / (2 * SIGMA_PX**2)
        weight = (nearness - distance.square() / (2 * SIGMA_COLOUR**2)).exp()
        difference_sum = torch.addcmul(difference_sum, difference, weight)
        weight_sum = weight_sum + weight
    return difference_sum / weight_sum
