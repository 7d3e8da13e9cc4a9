"""Making frames small: binning CFA cells and area averaging, with what both do to the noise."""

import numpy as np


def bin_cells(mosaic: np.ndarray, sites: dict[tuple[int, int], int]) -> tuple[np.ndarray, float]:
    """Return each 2x2 cell's R, mean G and B as (H/2, W/2, 3), and the mean factor on the noise variance.

    An odd last row or column is dropped.
    """
    height, width = mosaic.shape[0] // 2 * 2, mosaic.shape[1] // 2 * 2
    planes = {colour: mosaic[row:height:2, column:width:2] for (row, column), colour in sites.items()}
    cells = np.stack([planes[0], (planes[1] + planes[2]) / 2, planes[3]], -1)
    return cells, (1 + 0.5 + 1) / 3


def centre_square(picture: np.ndarray) -> np.ndarray:
    """Return the largest centred square of a (H, W, C) picture."""
    height, width = picture.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    return picture[top : top + edge, left : left + edge]


def resample_area(picture: np.ndarray, size: tuple[int, int]) -> tuple[np.ndarray, float]:
    """Return a (H, W, C) picture at another size, and the factor on the variance of its noise.

    Every output pixel is the mean over the area that it covers; enlarging is bilinear and counts the noise
    as unchanged.
    """
    rows = _weights(picture.shape[0], size[0])
    columns = _weights(picture.shape[1], size[1])
    resized = np.tensordot(rows, picture, axes=(1, 0))
    resized = np.moveaxis(np.tensordot(columns, resized, axes=(1, 1)), 0, 1)
    return np.ascontiguousarray(resized, dtype=np.float32), _variance(rows) * _variance(columns)


def _weights(old: int, new: int) -> np.ndarray:
    """The (new, old) matrix whose rows average the old pixels under each new one, or interpolate."""
    step = old / new
    if step < 1:
        centres = np.clip((np.arange(new) + 0.5) * step - 0.5, 0, old - 1)
        return np.maximum(1 - np.abs(centres[:, None] - np.arange(old)), 0).astype(np.float32)
    left = np.arange(new)[:, None] * step
    overlap = np.minimum(left + step, np.arange(old) + 1) - np.maximum(left, np.arange(old))
    return (np.maximum(overlap, 0) / step).astype(np.float32)


def _variance(weights: np.ndarray) -> float:
    shrinks = weights.shape[0] < weights.shape[1]
    return float((weights**2).sum(1).mean()) if shrinks else 1.0
