"""The picture's own white: what a cast is measured by, and what colour is measured about.

Light of another colour multiplies the channels. So does division by an estimate that is multiplied likewise, and what is
left does not depend on the light: a cast adds no chroma, and its removal takes none. The estimate itself need not be right
for that; it is when some of the bright pixels are neutral, and it is the picture's mean colour when none are.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.photos.images import averaged_down
from attiqa_core.srgb import chroma_map, luma
from attiqa_core.tensors import Images, PerImage, ResizedImages

SHORT_EDGE_PX = 72  # white and chroma are read off an area-averaged picture of about this: noise is no colour
NEUTRAL_WIDTH = 0.2  # chroma relative to luma, at which a pixel counts a quarter of a neutral one
STEPS = 2  # of looking for what is neutral under the estimate so far
OPEN_BELOW = 0.02  # below 1: pixels that clip lose the colour of the light
SMALLEST_CHANNEL = 0.05  # of the white's luma: a picture without any blue still has a white

White = Float[Tensor, "batch 3"]
"""Display sRGB of a white, scaled to luma 1; (1, 1, 1) is neutral display grey."""


def reduced(images: Images) -> ResizedImages:
    """Return the pictures averaged down to a short edge of about SHORT_EDGE_PX; smaller ones as they are."""
    return averaged_down(images, SHORT_EDGE_PX)


def own_white(images: Images) -> White:
    """Return the colour of the bright pixels that are most nearly neutral under that very colour.

    Begins with the mean weighted by luma, squared, and repeats it STEPS times with weights that fall with the chroma under
    the estimate. Neutral for a picture that is black, or clipped all over. Differentiable, gradients finite everywhere.
    Source: after Finlayson and Trezzi 2004, Shades of gray and colour constancy (bright pixels count more), with the
    reweighting of robust statistics (Geman-McClure).
    """
    usable = ((1 - images.amax(1, keepdim=True)) / OPEN_BELOW).clamp(0, 1)
    white = _mean_colour(images, usable * luma(images).square())
    for _ in range(STEPS):
        balanced = images / white[:, :, None, None]
        grey = luma(balanced)
        relative = ((balanced - grey) / grey.clamp_min(1e-2)).square().mean(1, keepdim=True)
        white = _mean_colour(images, usable * (grey / (1 + relative / NEUTRAL_WIDTH**2)).square())
    return white


def chroma_about(images: Images, white: White) -> PerImage:
    """Return mean chroma about `white`, as a share of mean luma: the same for a darker print of the same picture.

    Chroma is the distance of RGB, divided by white, from its luma, root mean square over R, G and B.
    """
    chroma = chroma_map(images / white[:, :, None, None])
    return chroma.mean((1, 2)) / luma(images).mean((1, 2, 3)).clamp_min(1e-2)


def cast_of(white: White) -> Float[Tensor, "batch 2"]:
    """Return ln(R / G) and ln(B / G) of display values: (0, 0) for neutral, so that casts add and halve as vectors."""
    logs = white.log()
    return torch.stack([logs[:, 0] - logs[:, 1], logs[:, 2] - logs[:, 1]], 1)


def _mean_colour(images: Images, weights: Float[Tensor, "batch 1 height width"]) -> White:
    """The weighted mean at luma 1; a trace of neutral grey decides where all weights are zero."""
    colour = (weights * images).mean((2, 3)) + 1e-8
    grey = luma(colour[:, :, None, None])[:, :, 0, 0]
    return (colour / grey).clamp_min(SMALLEST_CHANNEL)
