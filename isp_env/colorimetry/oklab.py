"""Oklab of linear Rec.2020 and back to linear sRGB: where tone, chroma and gamut keep a colour's hue.

L is 0 for black and 1 for display white; a and b are 0 for greys, exactly. Source: Ottosson 2020, A perceptual color space
for image processing; D65.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import LinearRgb
from isp_env.colorimetry import colour

Oklab = Float[Tensor, "batch 3 height width"]
"""L, a, b."""

_XYZ_TO_LMS = np.array(
    [
        [0.8189330101, 0.3618667424, -0.1288597137],
        [0.0329845436, 0.9293118715, 0.0361456387],
        [0.0482003018, 0.2643662691, 0.6338517070],
    ]
)
_ROOTS_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def _matrices() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Rec.2020 to LMS, cube roots to Lab, Lab to cube roots, LMS to sRGB; white is (1, 1, 1) and (1, 0, 0) to the last digit."""
    to_lms = _XYZ_TO_LMS @ np.linalg.inv(colour.XYZ_TO_REC2020)
    to_lms /= to_lms.sum(1, keepdims=True)
    to_lab = _ROOTS_TO_LAB - (_ROOTS_TO_LAB.sum(1, keepdims=True) - [[1], [0], [0]]) / 3
    both = (to_lms, to_lab, np.linalg.inv(to_lab), colour.REC2020_TO_SRGB @ np.linalg.inv(to_lms))
    return tuple(torch.from_numpy(matrix) for matrix in both)  # type: ignore[return-value]


REC2020_TO_LMS, ROOTS_TO_LAB, LAB_TO_ROOTS, LMS_TO_SRGB = _matrices()
"""float64; `matrix @ vector`."""
SRGB_TO_LMS = torch.linalg.inv(LMS_TO_SRGB)
REC2020_TO_SRGB = torch.from_numpy(colour.REC2020_TO_SRGB)

Matrix = Float[Tensor, "3 3"]


def oklab_from_rec2020(rgb: LinearRgb) -> Oklab:
    """Return Oklab of linear Rec.2020 whose channels are all above 0 (so that the root has a gradient)."""
    return mapped(ROOTS_TO_LAB, mapped(REC2020_TO_LMS, rgb).pow(1 / 3))


def oklab_from_srgb(rgb: LinearRgb, smallest: float = 0.0) -> Oklab:
    """Return Oklab of linear sRGB, cones' responses held at `smallest`: above 0, the root has a gradient everywhere."""
    return mapped(ROOTS_TO_LAB, mapped(SRGB_TO_LMS, rgb).clamp_min(smallest).pow(1 / 3))


def srgb_from_oklab(lab: Oklab) -> LinearRgb:
    """Return linear sRGB, which may leave [0, 1]."""
    return rgb_from_oklab(lab, LMS_TO_SRGB)


def rgb_from_oklab(lab: Oklab, from_lms: Matrix) -> LinearRgb:
    """Return linear RGB of the space that `from_lms` (of an `OutputSpace`) leads to; it may leave [0, 1]."""
    roots = mapped(LAB_TO_ROOTS, lab)
    return mapped(from_lms, roots * roots * roots)


def srgb_from_rec2020(rgb: LinearRgb) -> LinearRgb:
    """Return linear sRGB of linear Rec.2020, negative and above 1 where it has to be."""
    return mapped(REC2020_TO_SRGB, rgb)


def mapped(matrix: Matrix, planes: Tensor) -> Tensor:
    """Return (batch, 3, height, width) with the matrix applied to each pixel."""
    return (matrix.to(planes) @ planes.flatten(2)).unflatten(2, planes.shape[2:])
