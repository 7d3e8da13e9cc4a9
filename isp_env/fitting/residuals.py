"""What is left between a picture and its reference: CIE Delta E 2000, PSNR and SSIM, on floats of display sRGB."""

from dataclasses import dataclass

import numpy as np

from attiqa_core.evaluation.colour_difference import delta_e_2000
from attiqa_core.evaluation.psnr import psnr_db
from attiqa_core.evaluation.ssim import ssim
from isp_env.fitting.matching import Picture

MOST_DB = 80.0  # PSNR that counts as no difference
HIGH_PERCENT = 95


@dataclass(frozen=True)
class Residual:
    """Mean and 95th percentile of CIE Delta E 2000 over pixels, PSNR in dB, SSIM."""

    delta_e: float
    delta_e_95: float
    psnr: float
    ssim: float

    @classmethod
    def of(cls, picture: Picture, reference: Picture) -> "Residual":
        """Return what is left; SSIM in uniform windows of 7 px. Raises: InputError for a smaller picture."""
        pair = picture[None], reference[None]
        errors = delta_e_2000(*pair)
        return cls(
            round(float(errors.mean()), 4),
            round(float(np.percentile(errors, HIGH_PERCENT)), 4),
            round(float(psnr_db(*pair, MOST_DB)), 4),
            round(ssim(*pair, "uniform"), 5),
        )
