"""Camera RGB to the working space: white balance, camera matrix, exposure and black end point as one affine map per image."""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import LinearRgb, PerImage
from isp_env.colorimetry.colour import ColourBatch, white_balance_matrix

REC2020_LUMA = (0.26270021, 0.67799807, 0.05930172)  # Y row of the Rec.2020 (D65) to XYZ matrix


def working_space_map(
    colour: ColourBatch,
    temperature_mired: PerImage,
    tint_duv: PerImage,
    exposure_ev: PerImage,
    blacks: PerImage,
) -> tuple[Float[Tensor, "batch 3"], Float[Tensor, "batch 3 3"], PerImage]:
    """Return (gains, matrix, offset) of `rec2020 = matrix @ (gains * camera_rgb) + offset`.

    `blacks` moves the black end point of the exposed picture and leaves its 1 where it is: x' = x + blacks (1 - x).
    """
    gains, matrix = white_balance_matrix(colour, temperature_mired, tint_duv)
    return gains, matrix * ((1 - blacks) * torch.exp2(exposure_ev))[:, None, None], blacks


def to_working_space(
    balanced_rgb: LinearRgb, matrix: Float[Tensor, "batch 3 3"], offset: PerImage
) -> tuple[LinearRgb, Float[Tensor, "batch 1 height width"]]:
    """Return linear Rec.2020 and its luminance."""
    with_luma = torch.cat([matrix, luminance_weights(matrix)[:, None]], 1)
    mapped = torch.baddbmm(offset[:, None, None], with_luma, balanced_rgb.flatten(2))
    mapped = mapped.unflatten(2, balanced_rgb.shape[2:])
    return mapped[:, :3], mapped[:, 3:]


def luminance_weights(
    matrix: Float[Tensor, "batch 3 3"], gains: Float[Tensor, "batch 3"] | float = 1.0
) -> Float[Tensor, "batch 3"]:
    """Return what each camera channel adds to the luminance."""
    luma = matrix.new_tensor(REC2020_LUMA)
    return (luma[None, :, None] * matrix).sum(1) * gains
