"""Demosaicing after Malvar, He and Cutler: bilinear interpolation corrected by the gradient of the sample's own colour.

One linear filter, so cheap, smooth in its gradients and without maze patterns in noise: for proxies and training.
"""

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from attiqa_core.tensors import LinearRgb, Mosaic
from isp_env.sensor.cfa import COLOUR_OF_SITE

# Malvar, He, Cutler, High-quality linear interpolation for demosaicing of Bayer-patterned color images, ICASSP 2004, figure 2,
# in eighths. Green at red or blue; red at green in a red row (and blue at green in a blue row); red at blue (and blue at red).
_SAMPLE = [[0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 8, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]]
_GREEN = [[0, 0, -1, 0, 0], [0, 0, 2, 0, 0], [-1, 2, 4, 2, -1], [0, 0, 2, 0, 0], [0, 0, -1, 0, 0]]
_IN_ROW = [[0, 0, 0.5, 0, 0], [0, -1, 0, -1, 0], [-1, 4, 5, 4, -1], [0, -1, 0, -1, 0], [0, 0, 0.5, 0, 0]]
_DIAGONAL = [[0, 0, -1.5, 0, 0], [0, 2, 0, 2, 0], [-1.5, 0, 6, 0, -1.5], [0, 2, 0, 2, 0], [0, 0, -1.5, 0, 0]]


def _kernels() -> Tensor:
    """(4 phases, 12 = RGB x site, 4 sites, 3, 3): the 5x5 kernels of each site as kernels over half-size planes."""
    sample, green, in_row, diagonal = (torch.tensor(k) / 8 for k in (_SAMPLE, _GREEN, _IN_ROW, _DIAGONAL))
    of_colour = {  # what gives R, G, B at a site of this colour
        0: (sample, green, diagonal),
        1: (in_row, sample, in_row.T),
        2: (in_row.T, sample, in_row),
        3: (diagonal, green, sample),
    }
    kernels = torch.zeros(4, 3, 4, 4, 3, 3)
    for phase, colours in enumerate(COLOUR_OF_SITE):
        for site, colour in enumerate(colours):
            for channel, kernel in enumerate(of_colour[colour]):
                for dy in range(-2, 3):
                    for dx in range(-2, 3):
                        row, column = site // 2 + dy, site % 2 + dx
                        source = (row % 2) * 2 + column % 2
                        kernels[phase, channel, site, source, row // 2 + 1, column // 2 + 1] += kernel[dy + 2, dx + 2]
    return kernels.flatten(1, 2)


_KERNELS = _kernels()
REACH_PX = 2  # of one output pixel to each side


def demosaic_malvar(mosaic: Mosaic, cfa_index: Int[Tensor, " batch"]) -> LinearRgb:
    """Return the full-size RGB of white-balanced mosaics of even size, any CFA phase for each image; borders are mirrored.

    One convolution over the half-size planes, each image with the kernels of its own phase. Source: Malvar et al. 2004.
    """
    batch = mosaic.shape[0]
    sites = F.pixel_unshuffle(F.pad(mosaic, (2, 2, 2, 2), mode="reflect"), 2)
    kernels: Float[Tensor, "rows 4 3 3"] = _KERNELS.to(mosaic)[cfa_index].flatten(0, 1)
    rgb = F.conv2d(sites.reshape(1, -1, *sites.shape[-2:]), kernels, groups=batch)
    return F.pixel_shuffle(rgb.view(batch, 12, *rgb.shape[-2:]), 2)
