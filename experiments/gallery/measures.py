"""What a page shows of a picture's tones: histograms of luma and colours, shares that are clipped, mean luma."""

import base64
from typing import Any

import numpy as np
from jaxtyping import UInt8

BINS = 64  # of four values of 8 bits each
SAMPLED_PX = 640  # long edge: every so many pixel of a larger picture counts; a share of 1 % is then known to 0.02 %
LUMA_WEIGHTS = (54, 183, 19)  # of 256. Source: Rec. ITU-R BT.709, rounded
BLACK, WHITE = 1, 254  # and beyond: a JPEG's rounding moves what was clipped by one


def measure(rgb: UInt8[np.ndarray, "height width 3"]) -> dict[str, Any]:
    """Return histograms and shares of an 8-bit sRGB picture, ready for JSON.

    `bins`: base64 of 4 x 64 bytes (luma, R, G, B), a share of pixels each, 255 at `peak`, which is the largest share that is not
    at an end. `black`, `white`: the share of pixels with a channel at an end. `mean`: mean luma, 0 to 1.
    """
    step = max(1, max(rgb.shape[:2]) // SAMPLED_PX)
    red, green, blue = (np.ascontiguousarray(rgb[::step, ::step, channel]).reshape(-1) for channel in range(3))
    weighted = (each.astype(np.uint16) * weight for each, weight in zip((red, green, blue), LUMA_WEIGHTS, strict=True))
    luma = sum(weighted, np.zeros(red.size, np.uint16)) >> 8
    darkest, brightest = np.minimum(np.minimum(red, green), blue), np.maximum(np.maximum(red, green), blue)
    channels = (luma, red, green, blue)
    shares = np.stack([np.bincount(each >> 2, minlength=BINS) for each in channels]) / luma.size
    peak = float(shares[:, 1:-1].max()) or 1.0
    heights = (shares * (255 / peak)).clip(0, 255).round().astype(np.uint8)
    return {
        "bins": base64.b64encode(heights.tobytes()).decode("ascii"),
        "peak": float(f"{peak:.4g}"),
        "black": float(f"{(darkest <= BLACK).mean():.4g}"),
        "white": float(f"{(brightest >= WHITE).mean():.4g}"),
        "mean": float(f"{luma.mean() / 255:.4g}"),
    }
