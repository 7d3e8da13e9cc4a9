"""A rising curve of display values, of each channel or of lightness, solved for: what a picture's tones still want after a fit."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import nnls
from torch import Tensor

from attiqa_core.srgb import linear_from_srgb, srgb_from_linear
from attiqa_core.tensors import Images
from isp_env.colorimetry.oklab import oklab_from_srgb, srgb_from_oklab
from isp_env.fitting.distance import PlaceWeights

CurveKind = Literal["channels", "lightness"]
PIECES = 16
HELD = 1e-4  # of all places' weight, for each piece: what few places speak of stays as it is
SMALLEST_LIGHTNESS = 1e-4


@dataclass(frozen=True)
class DisplayCurve:
    """Values at evenly spaced places from 0 to 1, rising, straight between: three rows for "channels" of encoded sRGB, one for
    "lightness", Oklab L, with a and b in proportion."""

    kind: CurveKind
    values: Float[Tensor, "curves knots"]

    def applied(self, display_rgb: Images) -> Images:
        """Return pictures through the curve, in [0, 1]."""
        if self.kind == "channels":
            rows = zip(display_rgb.unbind(1), self.values, strict=True)
            return torch.stack([_looked_up(channel, row) for channel, row in rows], 1).clamp(0, 1)
        lab = oklab_from_srgb(linear_from_srgb(display_rgb))
        gain = _looked_up(lab[:, :1], self.values[0]) / lab[:, :1].clamp_min(SMALLEST_LIGHTNESS)
        return srgb_from_linear(srgb_from_oklab(lab * gain)).clamp(0, 1)


def fitted_curve(images: Images, references: Images, weights: PlaceWeights, kind: CurveKind) -> DisplayCurve:
    """Return the curve that brings pictures nearest to their references in weighted least squares.

    Its slopes are 0 at least; where few places lie they are held at 1. Source: Lawson and Hanson 1974, NNLS.
    """
    flat = weights.flatten()
    if kind == "channels":
        pairs = [(images[:, channel], references[:, channel]) for channel in range(3)]
    else:
        pairs = [(oklab_from_srgb(linear_from_srgb(each))[:, 0] for each in (images, references))]
    rows = [_rising(before.flatten(), after.flatten(), flat) for before, after in pairs]
    return DisplayCurve(kind, torch.stack(rows))


def _rising(before: Tensor, after: Tensor, weights: Tensor) -> Float[Tensor, " knots"]:
    """Values at the knots: an offset and the rises after it, none of them below 0."""
    design = _ramps(before.double())
    weighted = design * weights.double()[:, None]
    total = float(weights.sum())
    identity = torch.cat([torch.zeros(1), torch.full((PIECES,), 1 / PIECES)]).double()
    held = torch.full((PIECES + 1,), HELD * total, dtype=torch.float64)
    normal = weighted.T @ design + torch.diag(held)
    right = weighted.T @ after.double() + held * identity
    root = torch.linalg.cholesky(normal)  # |root' x - root^-1 right| is the same sum of squares
    solved, _ = nnls(root.T.numpy(), torch.linalg.solve_triangular(root, right[:, None], upper=False)[:, 0].numpy())
    return torch.from_numpy(np.cumsum(solved)).float()


def _ramps(values: Tensor) -> Float[Tensor, "places pieces"]:
    """1 for the offset, and for each piece how much of it lies below a value."""
    starts = torch.arange(PIECES, dtype=values.dtype)
    ramps = (values[:, None].clamp(0, 1) * PIECES - starts).clamp(0, 1)
    return torch.cat([torch.ones_like(ramps[:, :1]), ramps], 1)


def _looked_up(values: Tensor, knots: Float[Tensor, " knots"]) -> Tensor:
    place = values.clamp(0, 1) * PIECES
    piece = place.floor().clamp(0, PIECES - 1).long()
    return knots[piece] + (place - piece) * (knots[piece + 1] - knots[piece])
