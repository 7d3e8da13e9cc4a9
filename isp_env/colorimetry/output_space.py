"""The colour spaces that pictures are rendered in: what gamut compression, sharpening and the last curve take of them."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from attiqa_core import srgb
from isp_env.colorimetry import oklab
from isp_env.colorimetry.colour import REC2020_PRIMARIES_XY, SRGB_PRIMARIES_XY, XYZ_TO_REC2020, rgb_to_xyz_matrix

DISPLAY_P3_PRIMARIES_XY = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))  # SMPTE EG 432-1; white D65


@dataclass(frozen=True, eq=False)
class OutputSpace:
    """RGB of some primaries about D65; `encoded`: by sRGB's curve, or left as linear light.

    `from_lms`, `from_rec2020`: float64 matrices from Oklab's cone responses and from linear Rec.2020; `luminance`: the weights of Y.
    """

    name: str
    primaries_xy: tuple[tuple[float, float], ...]
    encoded: bool
    from_lms: Tensor
    from_rec2020: Tensor
    luminance: tuple[float, float, float]


def _space(name: str, primaries_xy: tuple[tuple[float, float], ...], *, encoded: bool) -> OutputSpace:
    to_xyz = rgb_to_xyz_matrix(primaries_xy)
    from_rec2020 = np.linalg.inv(to_xyz) @ np.linalg.inv(XYZ_TO_REC2020)
    from_lms = from_rec2020 @ np.linalg.inv(oklab.REC2020_TO_LMS.numpy())
    red, green, blue = to_xyz[1].tolist()
    matrices = torch.from_numpy(from_lms), torch.from_numpy(from_rec2020)
    return OutputSpace(name, primaries_xy, encoded, *matrices, (red, green, blue))


SRGB = OutputSpace("srgb", SRGB_PRIMARIES_XY, True, oklab.LMS_TO_SRGB, oklab.REC2020_TO_SRGB, srgb.LUMINANCE)
DISPLAY_P3 = _space("display-p3", DISPLAY_P3_PRIMARIES_XY, encoded=True)
REC2020_LINEAR = _space("rec2020-linear", REC2020_PRIMARIES_XY, encoded=False)
SPACES = {space.name: space for space in (SRGB, DISPLAY_P3, REC2020_LINEAR)}
