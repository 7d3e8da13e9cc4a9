"""Averaging over areas, and what it and demosaicing do to the variance of the noise."""

from functools import lru_cache

import numpy as np
import torch

from isp_env.sensor.cfa import cfa_index, cfa_sites
from isp_env.stages.demosaic import demosaic

MID_GREY = 0.18
TRIAL_PX, LARGEST_TRIAL_PX = 64, 640  # side of a trial: so many pixels of the small picture, or of the large one
_RIM_PX = 12  # of a trial, where demosaicing sees its border


def area_weights(old: int, new: int) -> np.ndarray:
    """Return the (new, old) matrix whose rows average the old pixels under each new one, or interpolate between them."""
    step = old / new
    if step < 1:
        centres = np.clip((np.arange(new) + 0.5) * step - 0.5, 0, old - 1)
        return np.maximum(1 - np.abs(centres[:, None] - np.arange(old)), 0).astype(np.float32)
    weights = np.empty((new, old), np.float32)
    for row in range(new):  # all at once would take four such matrices in float64
        left = row * step
        overlap = np.minimum(left + step, np.arange(old) + 1) - np.maximum(left, np.arange(old))
        weights[row] = np.maximum(overlap, 0) / step
    return weights


def narrowed(rows: torch.Tensor, new: int) -> torch.Tensor:
    """Return rows (..., new) of the means that `area_weights` gives, from sums along them; for no more columns than there are."""
    old = rows.shape[-1]
    assert new <= old
    sums = torch.nn.functional.pad(rows.double().cumsum(-1), (1, 0))
    edges = torch.arange(new + 1, dtype=torch.float64) * (old / new)
    left = edges.long().clamp(max=old - 1)
    at_edges = sums[..., left] + (edges - left) * rows[..., left].double()
    return (at_edges.diff(dim=-1) * (new / old)).float()


def averaged_noise(
    noise: tuple[float, float],
    cfa: str | None,
    gains: tuple[float, float, float],
    old: tuple[int, int],
    new: tuple[int, int],
) -> tuple[float, float]:
    """Return the noise (a, b) of a picture demosaiced, if it has a `cfa`, and then averaged from one size to another.

    Given is the (a, b) whose mean variance over R, G and B, in light balanced by `gains` and of neutral colour, is right:
    denoising looks at that. Demosaicing is not linear, so that of a mosaic is found by trial, on black and on mid grey (to
    about 2 %; always the same for the same arguments). Enlarging counts the noise as unchanged.
    """
    if cfa is None:
        factor = float(np.prod([(_shrinking(*sides) ** 2).sum(1).mean() for sides in zip(old, new, strict=True)]))
        return noise[0] * factor, noise[1] * factor
    step = max(1.0, old[0] / new[0])
    black, grey = (_tried_variance(tuple(noise), cfa, tuple(gains), step, level) for level in (0.0, MID_GREY))
    return (
        max(0.0, grey - black) / (MID_GREY * float(np.mean(gains))),
        black / float(np.mean(np.square(gains))),
    )


@lru_cache(maxsize=512)  # a camera's raws share noise, gains and sizes, and a raw is asked about several times
def _tried_variance(noise: tuple[float, ...], cfa: str, gains: tuple[float, ...], step: float, level: float) -> float:
    """Mean variance of balanced R, G and B of a grey field, demosaiced and averaged over squares of `step` px a side."""
    count = max(2, int(min(TRIAL_PX, LARGEST_TRIAL_PX / step)))
    inner = int(np.ceil(count * step))
    side = inner + inner % 2 + 2 * _RIM_PX
    balanced = np.random.default_rng(0).normal(size=(side, side)).astype(np.float32)
    for (row, column), colour in cfa_sites(cfa).items():
        gain = gains[(0, 1, 1, 2)[colour]]
        sigma = float(np.sqrt(noise[0] * level / gain + noise[1]) * gain)
        balanced[row::2, column::2] = level + sigma * balanced[row::2, column::2]
    rgb = demosaic(torch.from_numpy(balanced)[None, None], torch.tensor([cfa_index(cfa)]))[0]
    weights = torch.from_numpy(area_weights(inner, count))
    small = weights @ rgb[:, _RIM_PX : _RIM_PX + inner, _RIM_PX : _RIM_PX + inner] @ weights.T
    return float(small.flatten(1).double().var(1).mean())


def _shrinking(old: int, new: int) -> np.ndarray:
    return area_weights(old, min(old, new))
