"""Averaging over areas, and what it and demosaicing do to the variance of the noise."""

import numpy as np
import torch

from isp_env.cfa import cfa_index, cfa_sites
from isp_env.stages.malvar import REACH_PX, demosaic_malvar

_BLOCK = 12  # px: a mosaic in whose middle block demosaicing sees no border


def area_weights(old: int, new: int) -> np.ndarray:
    """Return the (new, old) matrix whose rows average the old pixels under each new one, or interpolate between them."""
    step = old / new
    if step < 1:
        centres = np.clip((np.arange(new) + 0.5) * step - 0.5, 0, old - 1)
        return np.maximum(1 - np.abs(centres[:, None] - np.arange(old)), 0).astype(np.float32)
    left = np.arange(new)[:, None] * step
    overlap = np.minimum(left + step, np.arange(old) + 1) - np.maximum(left, np.arange(old))
    return (np.maximum(overlap, 0) / step).astype(np.float32)


def averaged_noise(
    noise: tuple[float, float],
    cfa: str | None,
    gains: tuple[float, float, float],
    old: tuple[int, int],
    new: tuple[int, int],
) -> tuple[float, float]:
    """Return the noise (a, b) of a picture demosaiced, if it has a `cfa`, and then averaged from one size to another.

    The variance of an output channel is a sum over the colours of the samples that went into it. Given is the (a, b) whose
    mean variance over R, G and B, in light balanced by `gains` and of neutral colour, is right: denoising looks at that.
    Enlarging counts the noise as unchanged.
    """
    rows, columns = (_shrinking(before, after) for before, after in zip(old, new, strict=True))
    if cfa is None:
        factor = float((rows**2).sum(1).mean() * (columns**2).sum(1).mean())
        return noise[0] * factor, noise[1] * factor
    shares = _shares_of_planes(cfa, rows, columns)
    gain = np.array(gains)
    shot = (shares * gain[[0, 1, 1, 2]]).sum() / gain.mean()
    read = (shares * gain[[0, 1, 1, 2]] ** 2).sum() / (gain**2).mean()
    return noise[0] * float(shot), noise[1] * float(read)


def _shares_of_planes(cfa: str, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """What unit variance in R, G (red rows), G (blue rows) and B samples adds to an output pixel, mean over RGB and pixels.

    An impulse at a site answers with h(c, y, x) around it; so a sample at m weighs sum h(c, u) w(m + u) in an output pixel
    of weights w, and the squares' sum over all m of the site's kind is a quadratic form of h.
    """
    index = torch.tensor([cfa_index(cfa)])
    shares = np.zeros(4)
    middle = _BLOCK // 2
    for (row, column), plane in cfa_sites(cfa).items():
        impulse = torch.zeros(1, 1, _BLOCK, _BLOCK)
        impulse[..., middle + row, middle + column] = 1
        answer = demosaic_malvar(impulse, index)[0].numpy()
        top, left = middle + row - REACH_PX, middle + column - REACH_PX
        near = answer[:, top : top + 2 * REACH_PX + 1, left : left + 2 * REACH_PX + 1]
        down, across = _products(rows, row), _products(columns, column)
        shares[plane] = np.einsum("cyx,cYX,yY,xX->", near, near, down, across, optimize=True) / 3
    return shares


def _products(weights: np.ndarray, phase: int) -> np.ndarray:
    """Mean over the outputs of sum over m of w(m + u) w(m + v), m every second place from `phase` on; (u, v) in the reach."""
    padded = np.pad(weights, ((0, 0), (2 * REACH_PX, 2 * REACH_PX)))
    offsets = range(2 * REACH_PX + 1)
    last = weights.shape[1] + 2 * REACH_PX
    shifted = np.stack([padded[:, phase + offset : last + offset : 2] for offset in offsets])
    return np.einsum("uim,vim->uv", shifted, shifted, optimize=True) / len(weights)


def _shrinking(old: int, new: int) -> np.ndarray:
    return area_weights(old, min(old, new))
