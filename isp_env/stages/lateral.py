"""Red and blue put where the lens drew green, as its geometry says: before demosaicing, which takes their detail from green's.

`aberration` does the same by a parameter, the size of red and blue alone; after demosaicing it harms (LOG.md).
"""

import torch
from jaxtyping import Int
from torch import Tensor

from attiqa_core.tensors import LinearRgb
from isp_env.lens.geometry_batch import LateralBatch
from isp_env.lens.resample import resample
from isp_env.stages.geometry import moves
from isp_env.stages.mosaic import SITE_OF_PLANE, Planes


def put_together(planes: Planes, cfa_index: Int[Tensor, " batch"], lateral: LateralBatch) -> Planes:
    """Return a mosaic's planes R, G, G, B with red and blue as they would be where green's light fell; edges repeat."""
    site = torch.tensor(SITE_OF_PLANE, device=cfa_index.device)[cfa_index]
    moved = []
    for plane, geometry in ((0, lateral.red), (3, lateral.blue)):
        own = geometry.cropped(site[:, plane] // 2, site[:, plane] % 2).halved()
        shifts = moves(own, 0, planes.shape[2], planes.shape[3])
        moved.append(resample(planes[:, plane : plane + 1], 0, *shifts, black_beyond=False))
    return torch.cat([moved[0], planes[:, 1:3], moved[1]], 1)


def put_rgb_together(linear_rgb: LinearRgb, lateral: LateralBatch) -> LinearRgb:
    """Return the same of RGB that came without a mosaic."""
    moved = [
        resample(linear_rgb[:, plane : plane + 1], 0, *moves(geometry, 0, *linear_rgb.shape[2:]), black_beyond=False)
        for plane, geometry in ((0, lateral.red), (2, lateral.blue))
    ]
    return torch.cat([moved[0], linear_rgb[:, 1:2], moved[1]], 1)
