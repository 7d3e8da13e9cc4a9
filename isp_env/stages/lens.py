"""How far the stages look that undo a lens's faults: sizes of red and blue before demosaicing, seams after it."""

from jaxtyping import Float
from torch import Tensor

from isp_env.stages import aberration, defringe

Amounts = Float[Tensor, "batch 3"]
"""One column for each of `LENS_NAMES`."""


def reach_px(amounts: Amounts) -> int:
    """Return how far these amounts look beyond a pixel of full size."""
    scales, defringes = (bool((each != 0).any()) for each in (amounts[:, :2], amounts[:, 2]))
    return scales * aberration.REACH_PX + defringes * defringe.REACH_PX
