"""Mosaics as half-size planes: one plane per colour of the 2x2 block, so that every stage treats all CFA phases alike."""

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from attiqa_core.tensors import Mosaic
from isp_env.sensor.cfa import COLOUR_OF_SITE

Planes = Float[Tensor, "batch 4 half_height half_width"]
"""R, G in red rows, G in blue rows, B; black 0 and white 1."""

SITE_OF_PLANE = COLOUR_OF_SITE  # its own inverse
"""For each of CFA_PATTERNS, the place in the 2x2 block (row by row) of R, G in red rows, G in blue rows, B."""


def pad_to_even(mosaic: Mosaic) -> Float[Tensor, "batch 1 even_height even_width"]:
    """Return the mosaic with an odd last row or column mirrored about itself, which keeps the CFA's phase."""
    height, width = mosaic.shape[-2:]
    if height % 2 == 0 and width % 2 == 0:
        return mosaic
    return F.pad(mosaic, (0, width % 2, 0, height % 2), mode="reflect")


def pack(mosaic: Mosaic, cfa_index: Int[Tensor, " batch"]) -> Planes:
    """Return the four colour planes of a mosaic of even height and width."""
    return _pick(F.pixel_unshuffle(mosaic, 2), _sites(cfa_index))


def unpack(planes: Planes, cfa_index: Int[Tensor, " batch"]) -> Mosaic:
    """Return the mosaic of four colour planes. Each row of SITE_OF_PLANE is its own inverse."""
    return F.pixel_shuffle(_pick(planes, _sites(cfa_index)), 2)


def per_plane(per_colour: Float[Tensor, "batch 3"]) -> Float[Tensor, "batch 4 1 1"]:
    """Return R, G, B values of each image as they apply to the four planes."""
    red, green, blue = per_colour.unbind(1)
    return torch.stack([red, green, green, blue], 1)[:, :, None, None]


def sampled_colours(pixels: Tensor, cfa_index: Int[Tensor, " batch"]) -> Bool[Tensor, "batch 3 height width"]:
    """Return which of R, G and B was sampled at each pixel of a picture of even height and width."""
    height, width = pixels.shape[-2:]
    colours = torch.tensor(COLOUR_OF_SITE, device=cfa_index.device)[cfa_index].view(-1, 1, 2, 2)
    sampled = torch.cat([colours == 0, (colours == 1) | (colours == 2), colours == 3], 1)
    return sampled.repeat(1, 1, height // 2, width // 2)


def _sites(cfa_index: Int[Tensor, " batch"]) -> Int[Tensor, "batch 4"]:
    return torch.tensor(SITE_OF_PLANE, device=cfa_index.device)[cfa_index]


def _pick(planes: Tensor, order: Int[Tensor, "batch 4"]) -> Tensor:
    return planes.gather(1, order[:, :, None, None].expand_as(planes))
