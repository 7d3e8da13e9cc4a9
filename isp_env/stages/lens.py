"""What the parameters of `LENS` undo, in the order in which light would leave the lens: sizes first, then seams."""

from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import LinearRgb, PerImage
from isp_env.stages import aberration, defringe

Amounts = Float[Tensor, "batch 3"]
"""One column for each of `LENS_NAMES`."""


def correct_lens(
    balanced_rgb: LinearRgb, amounts: Amounts, optical_centre_px: Float[Tensor, "batch 2"], scale: PerImage
) -> LinearRgb:
    """Return white-balanced camera RGB without lateral aberration and fringes; amounts of 0 change nothing, bit for bit."""
    red, blue, fringes = amounts.unbind(1)
    in_place = aberration.correct_lateral_aberration(balanced_rgb, red, blue, optical_centre_px, scale)
    return defringe.defringe(in_place, fringes, scale)


def reach_px(amounts: Amounts) -> int:
    """Return how far these amounts look beyond a pixel of full size."""
    scales, defringes = (bool((each != 0).any()) for each in (amounts[:, :2], amounts[:, 2]))
    return scales * aberration.REACH_PX + defringes * defringe.REACH_PX
