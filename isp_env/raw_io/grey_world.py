"""White balance by the picture itself, for want of any other: on the mean of its colours the scene is grey."""

import numpy as np

from isp_env.sensor.cfa import cfa_sites
from isp_env.sensor.channel_numbers import Gains, Levels

BELOW_WHITE = 0.95  # of the range: cells with a brighter sample say nothing of colour
MOST = 8.0  # times green, and one over it; no light needs more


def grey_world_gains(mosaic: np.ndarray, cfa: str, black: Levels, white: Levels) -> Gains:
    """Return the gains of R, G, B that make the mean of an upright mosaic grey; 1 where its colours are black.

    Source: Buchsbaum 1980, "A spatial processor model for object colour perception".
    """
    height, width = (side // 2 * 2 for side in mosaic.shape)
    sites = {
        colour: (mosaic[row:height:2, column:width:2].astype(np.float32) - black[colour])
        / (white[colour] - black[colour])
        for (row, column), colour in cfa_sites(cfa).items()
    }
    dark = np.maximum.reduce(list(sites.values())) < BELOW_WHITE
    dark = dark if dark.any() else np.ones_like(dark)
    red, first, second, blue = (float(sites[colour][dark].mean()) for colour in range(4))
    green = (first + second) / 2
    if min(red, green, blue) <= 0:
        return (1.0, 1.0, 1.0)
    return (_limited(green / red), 1.0, _limited(green / blue))


def _limited(gain: float) -> float:
    return min(max(gain, 1 / MOST), MOST)
