"""The Gaussian of a given variance per image, exact for kernels far smaller than a pixel."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import PerImage, Planes

HalfKernel = Float[Tensor, "batch taps"]
"""The right half of a symmetric kernel for each image, tap 0 first."""


def discrete_gaussian(variance_px2: PerImage, radius_px: int) -> HalfKernel:
    """Return the right half of the discrete Gaussian kernel, tap 0 first; the whole kernel sums to one.

    Unlike a sampled Gaussian its variance is right at any size, so that a filter defined at full resolution has its true
    small effect on a proxy. Source: Lindeberg, Scale-space for discrete signals, 1990: T(n, t) = e^-t I_n(t), here as the
    inverse Fourier transform of exp(t (cos w - 1)).
    """
    frequencies = max(32, 4 * radius_px)  # the period: far longer than the kernel, so that nothing wraps around
    angle = torch.arange(frequencies, dtype=variance_px2.dtype, device=variance_px2.device)
    angle = angle * (2 * math.pi / frequencies)
    taps = torch.arange(radius_px + 1, dtype=variance_px2.dtype, device=variance_px2.device)
    response = (variance_px2[:, None] * (angle.cos() - 1)).exp()
    kernel = response @ (angle[:, None] * taps).cos() / frequencies
    return kernel / (2 * kernel.sum(1, keepdim=True) - kernel[:, :1])


def blur(planes: Planes, half_kernel: HalfKernel) -> Planes:
    """Return planes filtered along both axes; borders repeat the edge sample. For kernels of a few taps."""
    radius = half_kernel.shape[1] - 1
    padded = F.pad(planes, (radius, radius, radius, radius), mode="replicate")
    weights = half_kernel.view(*half_kernel.shape, 1, 1, 1).unbind(1)
    height, width = planes.shape[-2:]
    rows = padded[..., radius : radius + height, :] * weights[0]
    for tap in range(1, radius + 1):
        above, below = padded.narrow(-2, radius - tap, height), padded.narrow(-2, radius + tap, height)
        rows = torch.addcmul(rows, above + below, weights[tap])
    columns = rows[..., radius : radius + width] * weights[0]
    for tap in range(1, radius + 1):
        left, right = rows.narrow(-1, radius - tap, width), rows.narrow(-1, radius + tap, width)
        columns = torch.addcmul(columns, left + right, weights[tap])
    return columns


def gaussian_blur(images: Planes, sigma_px: PerImage, largest_sigma_px: float) -> Planes:
    """Return images blurred by the discrete Gaussian of their own sigma; borders are mirrored. For kernels of any length.

    `largest_sigma_px` fixes the length of the kernel.
    """
    batch, channels, height, width = images.shape
    radius = min(math.ceil(3.5 * largest_sigma_px) + 1, height - 1, width - 1)
    half = discrete_gaussian(sigma_px**2, radius)
    kernels = torch.cat([half[:, 1:].flip(1), half], 1).to(images.dtype).repeat_interleave(channels, 0)
    planes = F.pad(images, (radius,) * 4, mode="reflect").reshape(1, batch * channels, height + 2 * radius, -1)
    planes = F.conv2d(planes, kernels[:, None, None, :], groups=batch * channels)
    planes = F.conv2d(planes, kernels[:, None, :, None], groups=batch * channels)
    return planes.view(batch, channels, height, width)
