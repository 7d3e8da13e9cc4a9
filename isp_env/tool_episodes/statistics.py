"""Statistics of a picture that tell its defects apart: tones, edges, colour, noise, the JPEG grid, sharpness, clipping."""

import math

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attiqa_core.photos.images import averaged_down
from attiqa_core.srgb import chroma_map, luma
from attiqa_core.tensors import Images, PerImage
from isp_env.measures.own_white import cast_of, own_white
from isp_env.observe import CLIPPED_HIGH, CLIPPED_LOW, PERCENTILES, detail

GREY_LEVELS = tuple(place / 16 for place in range(1, 16))
EDGE_LEVELS = tuple(2.0 ** (-8 + 0.75 * place) for place in range(11))  # of the Sobel gradient per px, 1/256 to 0.71
TONES_EDGE, COLOURS_EDGE = 48, 32  # px: short edges, at least, of what percentiles and colours are read off
BLOCK = 8  # px of JPEG's grid, which begins at the picture's corner
FLAT_SHARE = 0.1  # of the blocks: the calmest, in which noise is told from texture
NEUTRAL = (0.05, 0.15)  # of a pixel's luma: chroma below which it counts as neutral
NORMAL_MEDIAN = 0.6745  # of the absolute value of a normal variable of sigma 1. Donoho 1995

STATISTICS: tuple[str, ...] = (
    *(f"grey_{place}" for place in range(len(GREY_LEVELS) + 1)),
    *(f"edges_{place}" for place in range(len(EDGE_LEVELS) + 1)),
    *(f"luma_percentile_{100 * share:g}" for share in PERCENTILES),
    *("luma_mean", "luma_std", "clipped_low", "clipped_high"),
    *("red_mean", "green_mean", "blue_mean", "cast_red", "cast_blue", "own_cast_red", "own_cast_blue"),
    *("cast_size", "white_cast_red", "white_cast_blue", "edge_cast_red", "edge_cast_blue", "edge_cast_size"),
    *("chroma_mean", "chroma_std", *(f"neutral_{size:g}" for size in NEUTRAL), "neutral_about_own_white"),
    *("noise", "flat_noise", "chroma_noise", "flat_chroma_noise"),
    *("blockiness", "grid", "high_frequencies"),
    *("sharpness", "coarse_sharpness", "sharpness_ratio", "steepest"),
)


def tool_statistics(images: Images) -> Float[Tensor, "batch statistics"]:
    """Return the entries that `STATISTICS` names, all finite for pictures in [0, 1], about [-3, 3].

    Shares of pixels by luma and by Sobel gradient are histograms, as DRL-ISP's state has them; noise, detail and high
    frequencies are decimal logarithms, 0 at 0.01.
    """
    grey = luma(images)
    gradient = sobel(grey)
    columns = [
        _histogram(grey.flatten(1), GREY_LEVELS),
        _histogram(gradient.flatten(1), EDGE_LEVELS),
        torch.quantile(averaged_down(grey, TONES_EDGE).flatten(1), grey.new_tensor(PERCENTILES), dim=1).T,
        torch.stack(_tones(images, grey), 1),
        _colours(images),
        torch.stack([*noises(grey), *noises(images[:, :1] - images[:, 2:])], 1),
        torch.stack([blockiness(grey), *grid(grey)], 1),
        torch.stack(_sharpness(images, gradient), 1),
    ]
    return torch.cat(columns, 1)


def sobel(grey: Float[Tensor, "batch 1 height width"]) -> Float[Tensor, "batch 1 inner_height inner_width"]:
    """Return the length of Sobel's gradient per px, of all pixels with eight neighbours."""
    across = grey[..., 2:] - grey[..., :-2]
    down = grey[..., 2:, :] - grey[..., :-2, :]
    across = across[..., :-2, :] + 2 * across[..., 1:-1, :] + across[..., 2:, :]
    down = down[..., :-2] + 2 * down[..., 1:-1] + down[..., 2:]
    return (across.square() + down.square()).sqrt() / 8


def noises(plane: Float[Tensor, "batch 1 height width"]) -> tuple[PerImage, PerImage]:
    """Return a sigma of all of a plane, and one of its calmest blocks, as `_shown` logarithms.

    Of the diagonal Haar differences of 2 x 2 px, in which edges along the axes cancel: the median's sigma (Donoho 1995, De-noising
    by soft-thresholding), and the FLAT_SHARE quantile of the root mean square over blocks of 8 x 8 px.
    """
    height, width = (side // 2 * 2 for side in plane.shape[2:])
    cut = plane[..., :height, :width]
    both = (cut[..., ::2, ::2] - cut[..., 1::2, ::2] - cut[..., ::2, 1::2] + cut[..., 1::2, 1::2]) / 2
    blocks = F.avg_pool2d(both.square(), BLOCK // 2).flatten(1).sqrt()
    sigma = both.flatten(1).abs().median(1).values / NORMAL_MEDIAN
    return _shown(sigma), _shown(torch.quantile(blocks, FLAT_SHARE, dim=1))


def blockiness(grey: Float[Tensor, "batch 1 height width"]) -> PerImage:
    """Return how much steeper the steps across the lines of JPEG's grid are than all others, log2: 0 without a grid."""
    ratios = []
    for plane in (grey, grey.mT):
        steps = (plane[..., 1:] - plane[..., :-1]).abs().mean((1, 2))
        on_line = torch.arange(1, steps.shape[1] + 1, device=grey.device) % BLOCK == 0
        ratios.append((steps[:, on_line].mean(1) + 1e-3).log2() - (steps[:, ~on_line].mean(1) + 1e-3).log2())
    return (ratios[0] + ratios[1]) / 2


def grid(grey: Float[Tensor, "batch 1 height width"]) -> tuple[PerImage, PerImage]:
    """Return by how much the high frequencies of blocks on JPEG's grid are weaker than of blocks half way between, log2, 0 without
    a grid; and the latter as a `_shown` logarithm. Both are means of absolute 8 x 8 DCT coefficients of order 8 and more."""
    on, between = _high_frequencies(grey), _high_frequencies(grey[..., BLOCK // 2 :, BLOCK // 2 :])
    return (between + 1e-4).log2() - (on + 1e-4).log2(), _shown(between)


def _high_frequencies(grey: Float[Tensor, "batch 1 height width"]) -> PerImage:
    height, width = (side // BLOCK * BLOCK for side in grey.shape[2:])
    transform = dct_matrix(grey)
    blocks = grey[:, 0, :height, :width].unflatten(1, (-1, BLOCK)).unflatten(3, (-1, BLOCK))
    coefficients = torch.einsum("uy,brycx,vx->brcuv", transform, blocks, transform)
    order = torch.arange(BLOCK, device=grey.device)
    return coefficients[..., order[:, None] + order >= BLOCK].abs().mean((1, 2, 3))


def dct_matrix(like: Tensor) -> Float[Tensor, "8 8"]:
    """Return the orthonormal DCT-II of 8 samples: rows are frequencies."""
    place = torch.arange(BLOCK, dtype=like.dtype, device=like.device)
    rows = (place[:, None] * (place + 0.5) * (math.pi / BLOCK)).cos() * (2 / BLOCK) ** 0.5
    rows[0] *= 0.5**0.5
    return rows


def _tones(images: Images, grey: Float[Tensor, "batch 1 height width"]) -> list[PerImage]:
    low, high = grey < CLIPPED_LOW, images.amax(1, keepdim=True) > CLIPPED_HIGH
    return [grey.mean((1, 2, 3)), grey.std((1, 2, 3)), low.float().mean((1, 2, 3)), high.float().mean((1, 2, 3))]


def _colours(images: Images) -> Float[Tensor, "batch colours"]:
    """Means of the channels, four opinions on the light's colour, chroma, and how much of the picture is nearly neutral.

    The light's colour by the mean of all pixels, by the picture's own white, by each channel's highest hundredth, and by the
    channels' mean steps, all read off a picture averaged down to about COLOURS_EDGE px: noise is no colour. Source: van de Weijer et al. 2007, Edge-based color constancy (grey world, white patch, grey edge).
    """
    small = averaged_down(images, COLOURS_EDGE)
    means, white = images.mean((2, 3)), own_white(small)
    own, edges = cast_of(white), _cast(_steps(small))
    patch = _cast(torch.quantile(small.flatten(2), 0.99, dim=2))
    sizes = [torch.linalg.vector_norm(each, dim=1, keepdim=True) for each in (own, edges)]
    chroma, balanced = chroma_map(small), small / white[:, :, None, None]
    relative = chroma / luma(small)[:, 0].clamp_min(0.02)
    about_own = chroma_map(balanced) / luma(balanced)[:, 0].clamp_min(0.02)
    shares = [(relative < size).float().mean((1, 2)) for size in NEUTRAL]
    amounts = [chroma.mean((1, 2)), chroma.std((1, 2)), *shares, (about_own < NEUTRAL[0]).float().mean((1, 2))]
    return torch.cat([means, _cast(means), own, sizes[0], patch, edges, sizes[1], torch.stack(amounts, 1)], 1)


def _cast(colours: Float[Tensor, "batch 3"]) -> Float[Tensor, "batch 2"]:
    """ln(R / G) and ln(B / G), of colours that may be black."""
    return cast_of(colours.clamp_min(1e-3))


def _steps(images: Images) -> Float[Tensor, "batch 3"]:
    """The mean absolute difference of neighbours in each channel."""
    across = (images[..., 1:] - images[..., :-1]).abs().mean((2, 3))
    return across + (images[..., 1:, :] - images[..., :-1, :]).abs().mean((2, 3))


def _sharpness(images: Images, gradient: Float[Tensor, "batch 1 inner_height inner_width"]) -> list[PerImage]:
    """Detail at full and at half size, how much of it is at full size alone, and the gradient of the steepest hundredth."""
    fine, coarse = _shown(detail(images)), _shown(detail(F.avg_pool2d(images, 2)))
    count = max(1, gradient[0].numel() // 100)
    return [fine, coarse, 3 * (fine - coarse), _shown(gradient.flatten(1).topk(count, 1).values.mean(1))]


def _histogram(values: Float[Tensor, "batch pixels"], levels: tuple[float, ...]) -> Float[Tensor, "batch bins"]:
    """Shares of the pixels in each bin between levels, the first below and the last above all."""
    bins = torch.bucketize(values, values.new_tensor(levels), right=True)
    counts = values.new_zeros(len(values), len(levels) + 1)
    return counts.scatter_add_(1, bins, torch.ones_like(values)) / values.shape[1]


def _shown(amounts: PerImage) -> PerImage:
    """A decimal logarithm, 0 at 0.01, from -2 up."""
    return amounts.clamp_min(1e-4).log10() + 2
