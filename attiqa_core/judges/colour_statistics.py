"""Statistics of a picture's colours: tones, chroma, its own white, and the hues of warm, sky and green pixels.

A few numbers each of which a wrong rendering moves: desaturation and oversaturation the detail and the height of chroma, a
cast the two whites, a hue rotation the three memory colours, exposure the tones. CIELAB in all of it.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.photos.images import resize_short_edge
from attiqa_core.srgb import lab_from_srgb
from attiqa_core.tensors import Images

SHORT_EDGE_PX = 128  # to which larger pictures are reduced: colours are those of areas, whatever the picture's size
NEUTRAL_CHROMA = 3.0  # added to the mean chroma that a white is measured by
COLOUR_STATISTICS = (
    "median L*",
    "high of the largest channel",
    "low of the smallest channel",
    "detail of L*",
    "detail of a*",
    "detail of b*",
    "high chroma",
    "a* of highlights",
    "b* of highlights",
    "a* of neutrals",
    "b* of neutrals",
    "hue of warm pixels",
    "hue of sky pixels",
    "hue of green pixels",
)

Samples = Float[Tensor, "batch samples"]
Planes = Float[Tensor, "batch 3 height width"]


def colour_statistics(images: Images) -> Float[Tensor, "batch statistics"]:
    """Return the numbers of `COLOUR_STATISTICS`; gradients are finite everywhere. Larger pictures are reduced first."""
    seen = resize_short_edge(images, min(SHORT_EDGE_PX, *images.shape[2:]))
    lab = lab_from_srgb(seen)
    lightness, a, b = lab.flatten(2).unbind(1)
    chroma = (a.square() + b.square() + 1e-3).sqrt()
    largest, smallest = seen.amax(1).flatten(1), seen.amin(1).flatten(1)
    columns = [
        lightness.quantile(0.5, dim=1),
        (largest.quantile(0.95, dim=1) + 0.01).log(),
        (smallest.quantile(0.05, dim=1) + 0.01).log(),
        *detail(lab).unbind(1),
        (chroma.quantile(0.99, dim=1) + 1).log(),
        *own_white(a, b, chroma, highlights(lightness)),
        *own_white(a, b, chroma, neutrals(chroma)),
        *memory_hues(lightness, a, b, chroma, roughness(lab[:, 0])),
    ]
    return torch.stack(columns, 1)


def detail(lab: Planes) -> Float[Tensor, "batch 3"]:
    """Return the logarithm of the mean step from a pixel to its right neighbour, of L*, a* and b*."""
    return (lab.diff(dim=3).abs().mean((2, 3)) + 0.05).log()


def highlights(lightness: Samples) -> Samples:
    """Return weights in [0, 1] of the lightest three hundredths of the pixels."""
    return ((lightness - lightness.quantile(0.97, dim=1, keepdim=True)) / 3).sigmoid()


def neutrals(chroma: Samples) -> Samples:
    """Return weights in (0, 1] of pixels whose chroma is small for this picture, all of them a little."""
    small = 0.7 * chroma.mean(1, keepdim=True) + 1
    return (-(chroma / small).square() / 2).exp() + 1e-4


def own_white(a: Samples, b: Samples, chroma: Samples, weights: Samples) -> tuple[Tensor, Tensor]:
    """Return the weighted mean of a* and b* over the picture's mean chroma: a paler picture has about the same.

    Divided so, because taking colour away would bring every cast nearer to none.
    """
    scale = weights.sum(1) * (chroma.mean(1) + NEUTRAL_CHROMA)
    return (weights * a).sum(1) / scale, (weights * b).sum(1) / scale


def roughness(lightness: Float[Tensor, "batch height width"]) -> Samples:
    """Return the logarithm of the variance of L* in 7 x 7 px about each pixel."""
    mean = torch.nn.functional.avg_pool2d(lightness[:, None], 7, 1, 3, count_include_pad=False)
    squares = torch.nn.functional.avg_pool2d(lightness[:, None].square(), 7, 1, 3, count_include_pad=False)
    return ((squares - mean.square()).clamp_min(0) + 0.05).log().flatten(1)


def memory_hues(lightness: Samples, a: Samples, b: Samples, chroma: Samples, rough: Samples) -> tuple[Tensor, ...]:
    """Return the hue of pixels like skin and wood (a* less b*), like sky (a*) and like foliage (a*), over their chroma.

    No one looks for faces: warm is a* and b* above 4, sky is light, smooth and blue, foliage rough, green to yellow. Near 0
    in a picture without such pixels.
    """
    warm = ((a - 4) / 2).sigmoid() * ((b - 4) / 2).sigmoid()
    sky = ((lightness - 55) / 8).sigmoid() * (2 - rough).sigmoid() * (-b / 4).sigmoid()
    green = ((b - a - 15) / 5).sigmoid() * (-a / 4).sigmoid() * (rough - 1).sigmoid()
    return tuple(
        (weights * along).mean(1) / ((weights * chroma).mean(1) + few)
        for weights, along, few in ((warm, a - b, 0.3), (sky, a, 0.2), (green, a, 0.2))
    )
