"""How far colours of pictures are from what they should be, pixel by pixel: CIE Delta E of 2000 and of 1976."""

import numpy as np
from jaxtyping import Float
from skimage.color import deltaE_ciede2000

from attiqa_core.srgb import lab_from_srgb
from attiqa_core.tensors import Images

DifferenceMaps = Float[np.ndarray, "batch height width"]
"""Delta E, 0 or more; about 1 is what one can just see."""


def delta_e_2000(images: Images, references: Images) -> DifferenceMaps:
    """Return CIEDE2000 of each pixel of display sRGB, CIELAB about D65. Source: CIE 142-2001, by scikit-image."""
    return deltaE_ciede2000(_lab(images), _lab(references))


def delta_e_76(images: Images, references: Images) -> DifferenceMaps:
    """Return the distance of each pixel of display sRGB in CIELAB about D65. Source: CIE 15:2004, 8.2.1 (CIE 1976)."""
    return np.linalg.norm(_lab(images) - _lab(references), axis=-1)


def _lab(images: Images) -> Float[np.ndarray, "batch height width 3"]:
    return lab_from_srgb(images).permute(0, 2, 3, 1).double().numpy()
