"""Demosaicing by name: full-size RGB of a mosaic, interpolated on a square-root scale.

Interpolators take colour differences for smooth and their errors for alike at all levels, and in linear light neither holds: of
Kodak's photos as linear mosaics, Menon's is 6 dB better in display sRGB on the square root, 1.6 dB at noise of variance 4e-3 x + 2e-5.
"""

from typing import Literal

from jaxtyping import Float, Int
from torch import Tensor

from attiqa_core.tensors import LinearRgb, Mosaic
from isp_env.stages import false_colour, malvar, menon

Demosaic = Literal["menon", "malvar"]
"""menon: directional, without zipper edges and false colour, for pictures; malvar: linear on its scale and cheap, for training."""

REACH_PX: dict[Demosaic, int] = {"menon": menon.REACH_PX + false_colour.REACH_PX, "malvar": malvar.REACH_PX}
"""How far to each side a pixel depends on samples."""

ROOT_OFFSET = 0.003
"""Of white, added before the root: keeps noise around black, whose mean a root would shift, on a nearly straight part."""


def demosaic(mosaic: Mosaic, cfa_index: Int[Tensor, " batch"], method: Demosaic = "menon") -> LinearRgb:
    """Return the full-size RGB of white-balanced linear mosaics of even size, any CFA phase for each image; borders are mirrored."""
    return linear_of_root(interpolate(root_of_linear(mosaic), cfa_index, method))


def interpolate(
    mosaic: Mosaic, cfa_index: Int[Tensor, " batch"], method: Demosaic
) -> Float[Tensor, "batch 3 rows columns"]:
    """Return the full-size RGB of mosaics on the scale that they come in."""
    match method:
        case "menon":
            return false_colour.suppress_false_colour(menon.demosaic_menon(mosaic, cfa_index), cfa_index)
        case "malvar":
            return malvar.demosaic_malvar(mosaic, cfa_index)


def root_of_linear(linear: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Return sqrt(linear + ROOT_OFFSET), 0 at black; below black the tangent goes on."""
    at_black = ROOT_OFFSET**0.5
    light = linear.relu()
    return (light + ROOT_OFFSET).sqrt() - at_black + (linear - light) / (2 * at_black)


def linear_of_root(root: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Return what `root_of_linear` was given."""
    return root.relu().square() + 2 * ROOT_OFFSET**0.5 * root
