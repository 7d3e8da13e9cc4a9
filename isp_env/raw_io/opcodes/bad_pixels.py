"""Bad samples that a file names, replaced on the mosaic before anything else sees them."""

import numpy as np

from attiqa_core.errors import InputError
from isp_env.raw_io.opcodes.parsing import BadPixels, BadPixelsConstant

HIGHEST_SHARE = 0.05  # of the picture; a list that names more is taken to be damaged
PASSES = 8  # each reaches two samples further into an area of bad samples
_NEIGHBOURS = np.array([(row, column) for row in (-2, 0, 2) for column in (-2, 0, 2) if row or column])


def bad_pixel_mask(
    label: str, mosaic: np.ndarray, bad: BadPixels | BadPixelsConstant, top: int, left: int
) -> np.ndarray:
    """Return where the mosaic is bad; the list counts rows and columns from (-top, -left) of the mosaic.

    Raises: InputError if the list names a large part of the picture.
    """
    if isinstance(bad, BadPixelsConstant):
        return mosaic == bad.value_dn
    height, width = mosaic.shape
    areas = np.concatenate([np.tile(bad.points_px, 2) + np.array([0, 0, 1, 1]), bad.areas_px])
    areas = np.clip(areas - np.array([top, left, top, left]), 0, [height, width, height, width])
    sides = np.maximum(areas[:, 2:] - areas[:, :2], 0)
    if sides.prod(1).sum() > HIGHEST_SHARE * mosaic.size:
        raise InputError(
            f"{label}: FixBadPixelsList names {sides.prod(1).sum()} of {mosaic.size} samples; it is damaged"
        )
    mask = np.zeros(mosaic.shape, bool)
    for area_top, area_left, bottom, right in areas[sides.prod(1) > 0]:
        mask[area_top:bottom, area_left:right] = True
    return mask


def replace_bad_pixels(mosaic: np.ndarray, bad: np.ndarray) -> np.ndarray:
    """Return a copy whose bad samples are the median of the good ones among their eight neighbours of the same colour.

    Samples further inside a bad area than eight passes reach are left to `stages.defects`.
    """
    mosaic, bad = mosaic.copy(), bad.copy()
    for _ in range(PASSES):
        places = np.argwhere(bad)
        near = places[:, None] + _NEIGHBOURS
        inside = np.all((near >= 0) & (near < mosaic.shape), axis=-1)
        rows, columns = np.moveaxis(np.where(np.expand_dims(inside, -1), near, 0), -1, 0)
        good = inside & ~bad[rows, columns]
        known = np.flatnonzero(good.any(axis=1))
        if not known.size:
            break
        samples = np.where(good, mosaic[rows, columns], np.nan)
        at_row, at_column = places[known].T
        mosaic[at_row, at_column] = np.rint(np.nanmedian(samples[known], 1)).astype(mosaic.dtype)
        bad[at_row, at_column] = False
    return mosaic
