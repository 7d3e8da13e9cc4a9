"""References read from files: the one place that knows how an expert's, a camera's or a program's picture becomes display sRGB.

A picture is taken to show the whole frame, upright; what it shows otherwise `isp_env/fitting/matching.py` refuses by its shape.
"""

import numpy as np
import torch

from attiqa_core.errors import InputError
from experiments.fitting.pairs import Source
from experiments.pictures.reading import load_picture
from isp_env.fitting.matching import Picture
from isp_env.raw_io.decoding.sandbox import read_preview

SMALLEST_SHARE = 0.9  # of the proxy's short edge: a smaller picture does not say what the proxy shows


def read_reference(source: Source, proxy_px: int) -> Picture:
    """Return the reference of a raw at its own size, (3, H, W) display sRGB in [0, 1].

    Raises: InputError naming the file for what is no picture, not there, or too small for a proxy of `proxy_px`.
    """
    if source.reference is None:
        rgb, where = read_preview(source.raw), f"{source.raw}: its embedded picture"
    else:
        rgb, where = load_picture(source.reference), f"{source.reference}: it"
    height, width = rgb.shape[:2]
    if (height * width) ** 0.5 < SMALLEST_SHARE * proxy_px:
        raise InputError(
            f"{where} is {width}x{height}, too small for proxies of about {proxy_px}x{proxy_px}; give a larger reference, or a "
            "smaller --proxy-px"
        )
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1))).float() / np.iinfo(rgb.dtype).max
