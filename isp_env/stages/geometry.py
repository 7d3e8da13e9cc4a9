"""A finished picture with its lens's distortion undone.

In display values and after sharpening: there an edge's overshoot is as small above as below it, where in linear light a lamp
would leave a black ring; capture sharpening answers to the sensor's own pixels. Colours that a lens draws apart are put
together before, on the mosaic (`lateral`): what demosaicing made of them could not be.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import Images, Planes
from isp_env.lens.geometry_batch import GeometryBatch
from isp_env.lens.resample import resample
from isp_env.stages.output import clip

BAND_PIXELS = 40_000  # what lies between then stays in a core's cache
_SMALLEST_SQUARE = 1e-12  # of the radius: the root of 0 has no gradient


def undistort(display_rgb: Images, geometry: GeometryBatch) -> Images:
    """Return the corrected pictures, clipped to [0, 1] as they came, of the same size; places beyond the frame are black."""
    return clip(warped(display_rgb, geometry))


def warped(pictures: Planes, geometry: GeometryBatch) -> Planes:
    """Return the same of pictures of any range, not clipped."""
    height, width = pictures.shape[-2:]
    step = max(1, BAND_PIXELS // width)
    bands = (
        resample(pictures, top, *moves(geometry, top, min(top + step, height), width)) for top in range(0, height, step)
    )
    return torch.cat(list(bands), 2)


def moves(
    geometry: GeometryBatch, top: int, bottom: int, width: int
) -> tuple[Float[Tensor, "batch rows width"], Float[Tensor, "batch rows width"]]:
    """Return how far down and across from each pixel of these rows of the corrected picture the lens drew it, in pixels."""

    def of(pairs: Tensor, axis: int) -> Tensor:
        return pairs[:, axis, None, None]

    rows = torch.arange(top, bottom, device=geometry.radial.device)[None, :, None]
    columns = torch.arange(width, device=geometry.radial.device)[None, None]
    down = (rows - of(geometry.drawn_centre_px, 0)) / of(geometry.radius_px, 0)
    across = (columns - of(geometry.drawn_centre_px, 1)) / of(geometry.radius_px, 1)
    squared = down.square() + across.square()
    radius = squared.clamp_min(_SMALLEST_SQUARE).sqrt()
    radius = torch.minimum(torch.maximum(radius, of(geometry.held, 0)), of(geometry.held, 1))
    ratio = torch.zeros_like(radius)
    for term in geometry.radial.flip(1).unbind(1):
        ratio = ratio * radius + term[:, None, None]
    first, second = of(geometry.tangential, 0), of(geometry.tangential, 1)
    twice = 2 * down * across
    moved_down = ratio * down + second * twice + first * (squared + 2 * down.square())
    moved_across = ratio * across + first * twice + second * (squared + 2 * across.square())
    return (
        of(geometry.radius_px, 0) * moved_down + of(geometry.drawn_to_px, 0),
        of(geometry.radius_px, 1) * moved_across + of(geometry.drawn_to_px, 1),
    )
