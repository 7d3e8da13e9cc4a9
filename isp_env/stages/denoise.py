"""Raw denoise in four scales, five of noisy sensors: detail that the noise profile explains is taken away, luma and chroma apart.

On roots of light, where noise is alike everywhere (`stabilise`), in undecimated Haar bands (`haar`) of opponent colours. A
band's share that goes is the noise's share of its local energy, as of a Wiener filter; edges and texture have energy and stay.
Before demosaicing and tone, because only here is the noise what the profile says: independent between samples.

A window of noise alone has now and then three times its energy. In good light what is kept of it is grain; where light is no
more than its noise it is strokes as strong as the picture, which demosaicing joins to a maze: there twice as much is taken for noise.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import LinearRgb, PerImage
from isp_env.stages.haar import BANDS, analyse, box_sum, mirror, synthesise
from isp_env.stages.mosaic import Planes, per_plane
from isp_env.stages.stabilise import (
    dark_terms,
    darkness,
    root_variance,
    stabilise,
    stabilising_offset,
    unstabilise,
)

FULL_STRENGTH = 2.0  # energy that strength 1 takes for noise, of what the profile states; PSNR is best at 1.4 to 1.7
WINDOW_RADII = (2, 2, 1, 1, 1)  # of a band's local energy, in its spacings; one for each scale
COARSEST = len(WINDOW_RADII) - 1
USUAL_SCALES, COARSE_NOISE, COARSE_DOUBLINGS = 4, 0.1, 1.0
"""Noise over mid grey at which the fifth scale begins (a typical camera at ISO 6400), and its doublings till all of it is there."""
SMALLEST_ENERGY = 1e-20  # far below any noise; a share of nothing is 0, with finite gradients
LEVEL_RADIUS, LOST_RADIUS = 3, 2  # of the light level that noise depends on, of what is lost to the root's curvature
SPACING_PX = 2  # of neighbours in a colour plane, in full-size pixels
MARGINS = (LEVEL_RADIUS, *(2 ** (n + 1) - 1 + r * 2**n for n, r in enumerate(WINDOW_RADII)))
"""What so many scales look at beyond a pixel, in pixels: filter, energy window and filter back of the coarsest; none: its light."""
REACH_PX = SPACING_PX * (max(MARGINS) + LOST_RADIUS)
"""How far a sample's value can matter, in full-size pixels."""

MID_GREY, UNSEEN_NOISE, NOISE_DOUBLINGS = 0.18, 0.012, 2.0  # noise over mid grey: unseen, and its doublings till all
DEFAULT_LUMA, DEFAULT_CHROMA = 0.6, 0.75

_R, _S, _T = 2**-0.5, 3**-0.5, 6**-0.5
OPPONENTS_OF_PLANES = ((0.5, 0.5, 0.5, 0.5), (0, _R, -_R, 0), (_R, 0, 0, -_R), (-0.5, 0.5, 0.5, -0.5))
OPPONENTS_OF_RGB = ((_S, _S, _S), (_R, 0, -_R), (-_T, 2 * _T, -_T))
STEP_OF_GREENS = 1
"""Orthonormal: luma; of planes the step of the greens, which is fine luma too; two chroma."""


def denoise_rgb(
    camera_rgb: LinearRgb,
    noise: Float[Tensor, "batch 2"],
    sensor_noise: Float[Tensor, "batch 2"],
    wb_gains: Float[Tensor, "batch 3"],
    scale: PerImage,
    denoise_luma: PerImage,
    denoise_chroma: PerImage,
) -> LinearRgb:
    """Return linear camera RGB, denoised; strength 0 changes nothing, bit for bit.

    `scale` says which of the full-size picture's scales are larger than a pixel; finer ones are no longer there. `sensor_noise`
    is the noise at native resolution, which says what is dark.
    """
    strength = torch.stack([denoise_luma, denoise_chroma, denoise_chroma], 1)
    there = scales_there(-1 - scale.log2(), sensor_noise)
    gains = wb_gains[:, :, None, None]
    return _denoised(camera_rgb, noise, sensor_noise, gains, strength, there, OPPONENTS_OF_RGB)


def denoise_planes(
    planes: Planes,
    noise: Float[Tensor, "batch 2"],
    sensor_noise: Float[Tensor, "batch 2"],
    wb_gains: Float[Tensor, "batch 3"],
    scale: PerImage,
    denoise_luma: PerImage,
    denoise_chroma: PerImage,
) -> Planes:
    """Return the colour planes of a mosaic, denoised; strength 0 changes nothing, bit for bit.

    The difference of the two greens of a block is fine luma, so it follows `denoise_luma`.
    """
    strength = torch.stack([denoise_luma, denoise_luma, denoise_chroma, denoise_chroma], 1)
    there = scales_there(-scale.log2(), sensor_noise)
    return _denoised(planes, noise, sensor_noise, per_plane(wb_gains), strength, there, OPPONENTS_OF_PLANES)


def _denoised(
    samples: Tensor,
    noise: Float[Tensor, "batch 2"],
    sensor_noise: Float[Tensor, "batch 2"],
    gains: Float[Tensor, "batch channels 1 1"],
    strength: Float[Tensor, "batch channels"],
    there: Float[Tensor, "batch scales"],
    opponents: tuple[tuple[float, ...], ...],
) -> Tensor:
    """Return the samples less their noise."""
    mixing = samples.new_tensor(opponents)
    offset = stabilising_offset(noise, gains.mean(1, keepdim=True))
    balanced = samples * gains
    root = stabilise(balanced, offset)
    level = box_sum(mirror(balanced.mean(1, keepdim=True), LEVEL_RADIUS), 1, LEVEL_RADIUS)
    level = level / (2 * LEVEL_RADIUS + 1) ** 2
    variance = root_variance(level, gains, noise, offset) * (1 + darkness(level, dark_terms(sensor_noise, gains)))
    noise_energy = FULL_STRENGTH * strength[:, :, None, None] * _mixed(variance, mixing.square())
    removed = _mixed(_removed(_mixed(root, mixing), noise_energy, there), mixing.T)
    # A mean of roots, squared, is less than the mean by their variance: what the filter took from the mean comes back.
    lost = box_sum(mirror(removed.square(), LOST_RADIUS), 1, LOST_RADIUS) / (2 * LOST_RADIUS + 1) ** 2
    change = unstabilise(root - removed, offset) - unstabilise(root, offset) + lost
    return samples + change / gains


def _removed(root: Tensor, noise_energy: Tensor, there: Float[Tensor, "batch scales"]) -> Tensor:
    """Return what is noise in (N, C, H, W) opponent roots whose white noise has these variances, times strength."""
    scales = scales_seen(there)
    margin = MARGINS[scales]
    low, noise_energy = mirror(root, margin), mirror(noise_energy, margin)

    def inside(padded: Tensor, lead: int, more: int = 0) -> Tensor:
        """The picture's own part of mirrored planes, with `more` all round and `lead` more above and to the left."""
        first, extent = margin - lead - more, lead + 2 * more
        height, width = root.shape[-2:]
        return padded.narrow(-2, first, height + extent).narrow(-1, first, width + extent)

    removed, total = [], torch.zeros_like(root)
    for scale, radius in enumerate(WINDOW_RADII[:scales]):
        spacing = 2**scale
        bands, low = analyse(low, spacing)
        lead = 2 * spacing - 1  # pixels that synthesis looks back from here
        energy = box_sum(inside(bands, lead, radius * spacing).square(), spacing, radius) / (2 * radius + 1) ** 2
        noise_in_band = inside(noise_energy, lead) / 4 ** (scale + 1)
        is_there = there[:, scale, None, None, None]
        removed.append(inside(bands, lead) * _noise_share(energy, noise_in_band.repeat(1, BANDS, 1, 1)) * is_there)
        total = (
            _rest_of_step(inside(low, lead), noise_in_band) * is_there
            if scale == COARSEST
            else torch.zeros_like(noise_in_band)
        )
    for scale in reversed(range(scales)):
        total = synthesise(removed[scale], total, 2**scale)
    return total


def _rest_of_step(low: Tensor, noise_energy: Tensor) -> Tensor:
    """Return what is noise in what no band holds: of the greens' step, which no scene has over so wide a place.

    It would be stripes in every plain area. A true step, of greens that are filtered differently, is above the noise and stays.
    """
    share = torch.zeros_like(low)
    if low.shape[1] == len(OPPONENTS_OF_PLANES):
        step = slice(STEP_OF_GREENS, STEP_OF_GREENS + 1)
        share[:, step] = _noise_share(low[:, step].square(), noise_energy[:, step])
    return low * share


def scales_there(finest: PerImage, sensor_noise: Float[Tensor, "batch 2"]) -> Float[Tensor, "batch scales"]:
    """Return how far each scale is in a picture whose finest band is scale `finest` of a full-size mosaic, from 0 to 1.

    The fifth is for sensors so noisy that the mean of 16 x 16 samples of a colour still is mottled.
    """
    doublings = (_relative_noise(sensor_noise) / COARSE_NOISE).log2() / COARSE_DOUBLINGS
    scales = torch.arange(len(WINDOW_RADII), device=finest.device)
    count = USUAL_SCALES + doublings.clamp(0, len(WINDOW_RADII) - USUAL_SCALES)
    return (count[:, None] - scales - finest.clamp_min(0)[:, None]).clamp(0, 1)


def scales_seen(there: Float[Tensor, "batch scales"]) -> int:
    """Return how many scales have to be looked at; all where asking would stall a stream or break a compiled graph."""
    if torch.compiler.is_compiling() or there.device.type != "cpu":
        return len(WINDOW_RADII)
    return int((there > 0).any(0).sum())


def reach_px(sensor_noise: Float[Tensor, "batch 2"]) -> int:
    """Return how far a sample's value can matter in a mosaic of these sensors, in full-size pixels: REACH_PX or less."""
    scales = scales_seen(scales_there(sensor_noise.new_zeros(len(sensor_noise)), sensor_noise))
    return SPACING_PX * (MARGINS[scales] + LOST_RADIUS)


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


def _mixed(planes: Tensor, mixing: Tensor) -> Tensor:
    return (mixing @ planes.flatten(2)).unflatten(2, planes.shape[2:])


def default_strengths(noise: Float[Tensor, "batch 2"]) -> tuple[PerImage, PerImage]:
    """Return the luma and chroma strengths of a camera's default look, smooth in the noise profile.

    From 0 where a grey of 18 % has noise of 1.2 % of itself (a typical camera at ISO 100), to DEFAULT_LUMA and DEFAULT_CHROMA
    at four times that (ISO 1600) and beyond. PSNR is best at 0.6 (ISO 100) to 0.85 (ISO 12,800) for both; luma stays at the
    low end, because eyes forgive grain sooner than smeared foliage, and low noise is left alone, because none is seen.
    """
    doublings = (_relative_noise(noise) / UNSEEN_NOISE).log2() / NOISE_DOUBLINGS
    rise = doublings.clamp(0, 1)
    rise = rise.square() * (3 - 2 * rise)
    return DEFAULT_LUMA * rise, DEFAULT_CHROMA * rise


def _relative_noise(noise: Float[Tensor, "batch 2"]) -> PerImage:
    """Return the standard deviation of mid grey's noise, as a share of it; never 0."""
    shot, read = noise.unbind(1)
    return (shot * MID_GREY + read).clamp_min(torch.finfo(noise.dtype).tiny).sqrt() / MID_GREY
