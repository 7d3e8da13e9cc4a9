"""The structural similarity of pictures in [0, 1], by scikit-image: how much of the local structure of one the other has."""

from typing import Any, Literal

import numpy as np
from skimage.metrics import structural_similarity

from attiqa_core.errors import InputError
from attiqa_core.tensors import Images

Window = Literal["gaussian", "uniform"]
REACH_PX = {"gaussian": 11, "uniform": 7}
"""Sides of the windows."""
WINDOWS: dict[Window, dict[str, Any]] = {
    "gaussian": {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False},  # Wang et al. 2004
    "uniform": {"win_size": REACH_PX["uniform"]},  # what scikit-image has by itself
}


def ssim(image: Images, reference: Images, window: Window = "gaussian") -> float:
    """Return the SSIM of one picture (1, 3, H, W) of display RGB, at most 1: the mean over pixels and channels.

    Raises: InputError for a picture that is smaller than the window. Source: Wang et al. 2004, Image quality assessment: from error
    visibility to structural similarity.
    """
    height, width = image.shape[-2:]
    if min(height, width) < REACH_PX[window]:
        raise InputError(
            f"SSIM looks at {REACH_PX[window]} px, and a picture has {width}x{height}; compare larger ones"
        )
    one, other = (each[0].double().numpy() for each in (image, reference))
    return float(np.asarray(structural_similarity(one, other, channel_axis=0, data_range=1.0, **WINDOWS[window])))
