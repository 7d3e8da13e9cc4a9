"""Raw denoise in four scales: detail that the noise profile explains is taken away, luma and chroma apart.

On roots of light, where noise is alike everywhere (`stabilise`), in undecimated Haar bands (`haar`) of opponent colours. A
band's share that goes is the noise's share of its local energy, as of a Wiener filter; edges and texture have energy and stay.
Before demosaicing and tone, because only here is the noise what the profile says: independent between samples.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import LinearRgb, PerImage
from isp_env.stages.haar import BANDS, analyse, box_sum, mirror, synthesise
from isp_env.stages.mosaic import Planes, per_plane
from isp_env.stages.stabilise import root_variance, stabilise, stabilising_offset, unstabilise

FULL_STRENGTH = 2.0  # energy that strength 1 takes for noise, of what the profile states; PSNR is best at 1.4 to 1.7
WINDOW_RADII = (2, 2, 1, 1)  # of a band's local energy, in its spacings; one for each scale
SMALLEST_ENERGY = 1e-20  # far below any noise; a share of nothing is 0, with finite gradients
LEVEL_RADIUS, LOST_RADIUS = 3, 2  # of the light level that noise depends on, of what is lost to the root's curvature
SPACING_PX = 2  # of neighbours in a colour plane, in full-size pixels
PLANES_MARGIN = max(2 ** (n + 1) - 1 + r * 2**n for n, r in enumerate(WINDOW_RADII))
REACH_PX = SPACING_PX * (PLANES_MARGIN + LOST_RADIUS)
"""How far a sample's value can matter, in full-size pixels: filter, energy window and filter back of the coarsest scale."""

MID_GREY, UNSEEN_NOISE, NOISE_DOUBLINGS = 0.18, 0.012, 2.0  # noise over mid grey: unseen, and its doublings till all
DEFAULT_LUMA, DEFAULT_CHROMA = 0.6, 0.75

_R, _S, _T = 2**-0.5, 3**-0.5, 6**-0.5
OPPONENTS_OF_PLANES = ((0.5, 0.5, 0.5, 0.5), (0, _R, -_R, 0), (_R, 0, 0, -_R), (-0.5, 0.5, 0.5, -0.5))
OPPONENTS_OF_RGB = ((_S, _S, _S), (_R, 0, -_R), (-_T, 2 * _T, -_T))
"""Orthonormal: luma; of planes the step of the greens, which is fine luma too; two chroma."""


def denoise_rgb(
    camera_rgb: LinearRgb,
    noise: Float[Tensor, "batch 2"],
    wb_gains: Float[Tensor, "batch 3"],
    scale: PerImage,
    denoise_luma: PerImage,
    denoise_chroma: PerImage,
) -> LinearRgb:
    """Return linear camera RGB, denoised; strength 0 changes nothing, bit for bit.

    `scale` says which of the full-size picture's scales are larger than a pixel; finer ones are no longer there.
    """
    strength = torch.stack([denoise_luma, denoise_chroma, denoise_chroma], 1)
    finest = -1 - scale.log2()
    return _denoised(camera_rgb, noise, wb_gains[:, :, None, None], strength, finest, OPPONENTS_OF_RGB)


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
    strength = torch.stack([denoise_luma, denoise_luma, denoise_chroma, denoise_chroma], 1)
    return _denoised(planes, noise, per_plane(wb_gains), strength, -scale.log2(), OPPONENTS_OF_PLANES)


def _denoised(
    samples: Tensor,
    noise: Float[Tensor, "batch 2"],
    gains: Float[Tensor, "batch channels 1 1"],
    strength: Float[Tensor, "batch channels"],
    finest: PerImage,
    opponents: tuple[tuple[float, ...], ...],
) -> Tensor:
    """Return the samples less their noise; their finest band is scale `finest` of a full-size mosaic, whose own is 0."""
    mixing = samples.new_tensor(opponents)
    offset = stabilising_offset(noise, gains.mean(1, keepdim=True))
    balanced = samples * gains
    root = stabilise(balanced, offset)
    level = box_sum(mirror(balanced.mean(1, keepdim=True), LEVEL_RADIUS), 1, LEVEL_RADIUS)
    variance = root_variance(level / (2 * LEVEL_RADIUS + 1) ** 2, gains, noise, offset)
    noise_energy = FULL_STRENGTH * strength[:, :, None, None] * _mixed(variance, mixing.square())
    removed = _mixed(_removed(_mixed(root, mixing), noise_energy, finest), mixing.T)
    # A mean of roots, squared, is less than the mean by their variance: what the filter took from the mean comes back.
    lost = box_sum(mirror(removed.square(), LOST_RADIUS), 1, LOST_RADIUS) / (2 * LOST_RADIUS + 1) ** 2
    change = unstabilise(root - removed, offset) - unstabilise(root, offset) + lost
    return samples + change / gains


def _removed(root: Tensor, noise_energy: Tensor, finest: PerImage) -> Tensor:
    """Return what is noise in (N, C, H, W) opponent roots whose white noise has these variances, times strength."""
    height, width = root.shape[-2:]
    low, noise_energy = mirror(root, PLANES_MARGIN), mirror(noise_energy, PLANES_MARGIN)
    there = scales_there(finest)
    removed = []
    for scale, radius in enumerate(WINDOW_RADII):
        spacing = 2**scale
        bands, low = analyse(low, spacing)
        lead = 2 * spacing - 1  # pixels that synthesis looks back from here
        energy = box_sum(_inside(bands, lead, radius * spacing, height, width).square(), spacing, radius)
        energy = energy / (2 * radius + 1) ** 2
        noise_in_band = _inside(noise_energy, lead, 0, height, width) / 4 ** (scale + 1)
        share = _noise_share(energy, noise_in_band.repeat(1, BANDS, 1, 1)) * there[:, scale, None, None, None]
        removed.append(_inside(bands, lead, 0, height, width) * share)
    total = torch.zeros_like(removed[-1][:, : root.shape[1]])
    for scale in reversed(range(len(removed))):
        total = synthesise(removed[scale], total, 2**scale)
    return total


def scales_there(finest: PerImage) -> Float[Tensor, "batch scales"]:
    """Return how far each scale is in a picture whose finest band is scale `finest` of a full-size mosaic, from 0 to 1."""
    scales = torch.arange(len(WINDOW_RADII), device=finest.device)
    return (len(WINDOW_RADII) - scales - finest[:, None]).clamp(0, 1)


def noise_energy_terms(
    noise: Float[Tensor, "batch 2"],
    gains: Float[Tensor, "batch channels"],
    opponents: tuple[tuple[float, ...], ...],
    offset: Float[Tensor, "batch 1"],
) -> tuple[Float[Tensor, "batch channels"], Float[Tensor, "batch channels"]]:
    """Return c and l of each opponent's noise energy c + l / (level + offset) at strength 1: `root_variance`, mixed."""
    squares = noise.new_tensor(opponents).square()
    of_shot, of_read = (gains * noise[:, :1])[:, None] * squares, (gains.square() * noise[:, 1:])[:, None] * squares
    constant = of_shot.sum(2) * (FULL_STRENGTH / 4)
    return constant, of_read.sum(2) * (FULL_STRENGTH / 4) - constant * offset


def _noise_share(energy: Tensor, noise_energy: Tensor) -> Tensor:
    """The share of a band to take away: all where its energy is the noise's or less, then in inverse proportion to it."""
    return noise_energy / torch.maximum(energy, noise_energy).clamp_min(SMALLEST_ENERGY)


def _inside(padded: Tensor, lead: int, margin: int, height: int, width: int) -> Tensor:
    """Return the picture's own part of mirrored planes, with `margin` all round and `lead` more above and to the left."""
    first, more = PLANES_MARGIN - lead - margin, lead + 2 * margin
    return padded.narrow(-2, first, height + more).narrow(-1, first, width + more)


def _mixed(planes: Tensor, mixing: Tensor) -> Tensor:
    return (mixing @ planes.flatten(2)).unflatten(2, planes.shape[2:])


def default_strengths(noise: Float[Tensor, "batch 2"]) -> tuple[PerImage, PerImage]:
    """Return the luma and chroma strengths of a camera's default look, smooth in the noise profile.

    From 0 where a grey of 18 % has noise of 1.2 % of itself (a typical camera at ISO 100), to DEFAULT_LUMA and DEFAULT_CHROMA
    at four times that (ISO 1600) and beyond. PSNR is best at 0.6 (ISO 100) to 0.85 (ISO 12,800) for both; luma stays at the
    low end, because eyes forgive grain sooner than smeared foliage, and low noise is left alone, because none is seen.
    """
    shot, read = noise.unbind(1)
    relative = (shot * MID_GREY + read).clamp_min(torch.finfo(noise.dtype).tiny).sqrt() / MID_GREY
    doublings = (relative / UNSEEN_NOISE).log2() / NOISE_DOUBLINGS
    rise = doublings.clamp(0, 1)
    rise = rise.square() * (3 - 2 * rise)
    return DEFAULT_LUMA * rise, DEFAULT_CHROMA * rise
