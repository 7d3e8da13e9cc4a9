"""A curve of display lightness: eight knots, rising and smooth whatever they are, black and white stay.

On Oklab L, after the tone map: there the knots lie evenly for the eye and the ends are those of the display. On log luminance of
the scene they would move with the exposure, and an even spacing would spend half of them on shadows that nobody sees.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from isp_env.colorimetry.oklab import Oklab

_SMALLEST_LIGHTNESS = 1e-4


def lightness_curve(lab: Oklab, knots: Float[Tensor, "batch knots"]) -> Oklab:
    """Return the colours with lightness L moved to f(L); a and b move in proportion, so that chromaticity stays.

    The slope f' is 2^knot at evenly spaced lightnesses from 0 to 1, straight between them, and divided by its mean, so that
    f(0) = 0 and f(1) = 1: f is C1, piecewise quadratic (as Schumaker's splines, SIAM J. Numer. Anal. 20(4), 1983), and rising
    because a line between two positive slopes is positive. Below 0 and above 1 the change of the end is kept. Equal knots change
    nothing, and 0 nothing bit for bit.
    """
    lightness = lab[:, :1]
    change = added(lightness.flatten(1), excess_slopes(knots)).view_as(lightness)
    gain = 1 + change / lightness.clamp_min(_SMALLEST_LIGHTNESS)
    return torch.cat([lightness + change, lab[:, 1:] * gain], 1)


def excess_slopes(knots: Float[Tensor, "batch knots"]) -> Float[Tensor, "batch knots"]:
    """Return f' - 1 at the knots: 0 where all are alike."""
    steep = torch.exp2(knots) - 1
    mean = (steep[:, 1:] + steep[:, :-1]).mean(1, keepdim=True) / 2
    return (steep - mean) / (1 + mean)


def added(values: Float[Tensor, "batch values"], slopes: Float[Tensor, "batch knots"]) -> Float[Tensor, "batch values"]:
    """Return the integral from 0 to each value, clipped to [0, 1], of the slopes joined by straight lines."""
    pieces = slopes.shape[1] - 1
    place = values.clamp(0, 1) * pieces
    piece = place.detach().floor().clamp(0, pieces - 1).long()
    areas = (slopes[:, 1:] + slopes[:, :-1]) * (0.5 / pieces)
    before = torch.cat([torch.zeros_like(areas[:, :1]), areas.cumsum(1)[:, :-1]], 1)
    start, rise = slopes[:, :-1], slopes[:, 1:] - slopes[:, :-1]
    begun, first, more = (each.gather(1, piece) for each in (before, start, rise))
    along = place - piece
    return begun + along * (first + more * along / 2) / pieces
