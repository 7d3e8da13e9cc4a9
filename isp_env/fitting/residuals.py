"""What is left between a picture and its reference: CIE Delta E 2000, PSNR and SSIM, on floats of display sRGB."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from skimage.color import deltaE_ciede2000
from skimage.metrics import structural_similarity

from attiqa_core.evaluation.psnr import psnr_db
from attiqa_core.srgb import lab_from_srgb
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
        """Return what is left. Source of SSIM: Wang et al. 2004, by scikit-image, a 7 px window, mean over channels."""
        errors = delta_e_map(picture, reference)
        window = min(7, (min(errors.shape) - 1) // 2 * 2 + 1)
        similar: Any = structural_similarity(
            picture.numpy(), reference.numpy(), channel_axis=0, data_range=1.0, win_size=window
        )
        return cls(
            round(float(errors.mean()), 4),
            round(float(np.percentile(errors, HIGH_PERCENT)), 4),
            round(float(psnr_db(picture[None], reference[None], MOST_DB)), 4),
            round(float(similar), 5),
        )


def delta_e_map(picture: Picture, reference: Picture) -> np.ndarray:
    """Return CIE Delta E 2000 of each pixel, (H, W), about D65. Source: CIE 142-2001, by scikit-image."""
    one, other = (lab_from_srgb(each[None])[0].permute(1, 2, 0).double().numpy() for each in (picture, reference))
    return deltaE_ciede2000(one, other)
