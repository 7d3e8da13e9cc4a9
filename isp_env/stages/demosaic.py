"""Demosaicing by name: full-size RGB of a mosaic."""

from typing import Literal

from jaxtyping import Int
from torch import Tensor

from attiqa_core.tensors import LinearRgb, Mosaic
from isp_env.stages import false_colour, malvar, menon

Demosaic = Literal["menon", "malvar"]
"""menon: directional, without zipper edges and false colour, for pictures; malvar: linear and cheap, for training."""

REACH_PX: dict[Demosaic, int] = {"menon": menon.REACH_PX + false_colour.REACH_PX, "malvar": malvar.REACH_PX}
"""How far to each side a pixel depends on samples."""


def demosaic(mosaic: Mosaic, cfa_index: Int[Tensor, " batch"], method: Demosaic = "menon") -> LinearRgb:
    """Return the full-size RGB of white-balanced mosaics of even size, any CFA phase for each image; borders are mirrored."""
    match method:
        case "menon":
            return false_colour.suppress_false_colour(menon.demosaic_menon(mosaic, cfa_index), cfa_index)
        case "malvar":
            return malvar.demosaic_malvar(mosaic, cfa_index)
