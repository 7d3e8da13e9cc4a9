"""Raw denoise: fine detail that the noise profile explains is shrunk, luma and chroma apart.

Both kinds are handled here, before demosaicing and tone, because only here is the noise what the profile says: independent
between samples and of known variance.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.filters import blur, detail_variance, discrete_gaussian
from attiqa_core.tensors import LinearRgb, PerImage
from isp_env.stages.mosaic import Planes, per_plane

FULL_STRENGTH_SIGMAS = 3.0  # detail of this many standard deviations is halved at strength 1
BLUR_VARIANCE_PX2 = 4.0  # at full resolution, so one pixel of a colour plane
RGB_RADIUS, PLANES_RADIUS = 1, 2
REACH_PX = 2 * PLANES_RADIUS


def denoise_rgb(
    camera_rgb: LinearRgb,
    noise: Float[Tensor, "batch 2"],
    wb_gains: Float[Tensor, "batch 3"],
    scale: PerImage,
    denoise_luma: PerImage,
    denoise_chroma: PerImage,
) -> LinearRgb:
    """Return linear camera RGB, denoised in white-balanced RGB; strength 0 changes nothing, bit for bit."""
    gains = wb_gains[:, :, None, None]
    kernel = discrete_gaussian((BLUR_VARIANCE_PX2 * scale.square()).clamp_max(2 / 3), RGB_RADIUS)
    balanced = camera_rgb * gains
    detail = balanced - blur(balanced, kernel)
    luma = detail.mean(1, keepdim=True)
    chroma_energy = (detail.square().sum(1, keepdim=True) - 3 * luma.square()).clamp_min(0)
    variance = _mean_variance(balanced, gains, noise, detail_variance(kernel))
    luma_share = _noise_share(luma.square(), variance / 3, denoise_luma)
    chroma_share = _noise_share(chroma_energy, 2 * variance, denoise_chroma)
    removed = torch.addcmul((luma_share - chroma_share) * luma, chroma_share, detail)
    return torch.addcmul(camera_rgb, removed, -1 / gains)


def denoise_planes(
    planes: Planes,
    noise: Float[Tensor, "batch 2"],
    wb_gains: Float[Tensor, "batch 3"],
    scale: PerImage,
    denoise_luma: PerImage,
    denoise_chroma: PerImage,
) -> Planes:
    """Return the colour planes of a mosaic, denoised; strength 0 changes nothing, bit for bit.

    The difference of the two greens of a block is fine luma, so it follows `denoise_luma`.
    """
    gains = per_plane(wb_gains)
    kernel = discrete_gaussian((BLUR_VARIANCE_PX2 / 4 * scale.square()).clamp_max(1), PLANES_RADIUS)
    balanced = planes * gains
    detail = balanced - blur(balanced, kernel)
    luma = detail.mean(1, keepdim=True)
    half_green_step = (detail[:, 1:2] - detail[:, 2:3]) / 2
    green_step = half_green_step * planes.new_tensor([0.0, 1.0, -1.0, 0.0])[:, None, None]
    chroma = detail - luma - green_step
    variance = _mean_variance(balanced, gains, noise, detail_variance(kernel))
    removed = (
        luma * _noise_share(luma.square(), variance / 4, denoise_luma)
        + green_step * _noise_share(half_green_step.square(), variance / 2, denoise_luma)
        + chroma * _noise_share(chroma.square().sum(1, keepdim=True), 2 * variance, denoise_chroma)
    )
    return torch.addcmul(planes, removed, -1 / gains)


def _mean_variance(balanced: Tensor, gains: Tensor, noise: Tensor, of_detail: PerImage) -> Tensor:
    """Variance of `detail`, mean over the channels: a gain g makes a x + b into g a (g x) + g^2 b."""
    shot, read = noise[:, 0, None, None, None], noise[:, 1, None, None, None]
    level = balanced.mean(1, keepdim=True).clamp_min(0)
    variance = gains.mean(1, keepdim=True) * shot * level + gains.square().mean(1, keepdim=True) * read
    return variance * of_detail[:, None, None, None]


def _noise_share(energy: Tensor, variance: Tensor, strength: PerImage) -> Tensor:
    """The share of detail to take away: near 1 where its energy is far below the threshold, near 0 far above it."""
    threshold = (FULL_STRENGTH_SIGMAS * strength).square()[:, None, None, None] * variance
    return threshold / (energy + threshold).clamp_min(torch.finfo(energy.dtype).tiny)
