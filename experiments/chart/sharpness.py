"""The spatial frequency response of a slanted edge: the e-SFR of ISO 12233:2017, annex D, in one pure file.

Its own, because no kept library under a permissive licence was found (docs/chart.md). As in the standard: the edge of each
line is the centroid of its windowed derivative, a straight line is fitted through them, all lines are projected along it onto
bins of a quarter pixel, the edge spread is differentiated, windowed (Hamming), transformed, and the derivative's own response
taken out. Beyond the standard the mean over a bin is taken out too: 0.6 % at 0.25 cycles per pixel.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from attiqa_core.errors import InputError

OVERSAMPLING = 4
SMALLEST_SLOPE, LARGEST_SLOPE = 0.03, 0.6
"""Pixels that the edge moves from line to line: about 1.7 to 31 degrees."""
FEWEST_LINES, SHORTEST_LINE = 12, 12  # px
SMALLEST_CONTRAST = 0.1  # Michelson
LARGEST_STRAY = 0.5  # px, root mean square of the lines' edges about the fit
HIGHEST = 0.5  # cycles per pixel: Nyquist


@dataclass(frozen=True)
class Sfr:
    """The response of one edge.

    `frequency`: cycles per pixel across the edge, from 0 to 0.5; `response`: 1 at frequency 0;
    `mtf50`, `mtf10`: frequency of the first fall to 50 % and 10 %, None where it is beyond 0.5;
    `angle_deg`: of the edge from its nearer axis; `contrast`: Michelson; `stray_px`: rms distance of the edge from a line.
    """

    frequency: Float[np.ndarray, " frequencies"]
    response: Float[np.ndarray, " frequencies"]
    mtf50: float | None
    mtf10: float | None
    angle_deg: float
    contrast: float
    stray_px: float


def measure_sfr(linear: Float[np.ndarray, "height width"]) -> Sfr:
    """Return the response of the one slanted edge in a region of linear light.

    Raises: InputError if the region is too small or holds no straight slanted edge.
    """
    lines = _upright(np.asarray(linear, dtype=np.float64))
    count, width = lines.shape
    if count < FEWEST_LINES or width < SHORTEST_LINE:
        raise InputError(
            f"region of {linear.shape[1]} x {linear.shape[0]} px is too small for an edge; give 30 px or more"
        )
    slope, offset, stray = _edge(lines)
    _require(lines, slope, stray)
    half = _reach(count, width, slope, offset)
    spread = _edge_spread(lines, slope, offset, half)
    cosine = 1 / np.hypot(1, slope)
    frequency, response = _response(spread, cosine)
    return Sfr(
        frequency,
        response,
        falls_to(frequency, response, 0.5),
        falls_to(frequency, response, 0.1),
        float(np.degrees(np.arctan(abs(slope)))),
        _contrast(lines),
        stray,
    )


def falls_to(frequency: np.ndarray, response: np.ndarray, level: float) -> float | None:
    """Return the frequency of the first fall to `level`, interpolated; None if there is none."""
    below = np.flatnonzero(response <= level)
    if not below.size or below[0] == 0:
        return None
    after = below[0]
    share = (response[after - 1] - level) / (response[after - 1] - response[after])
    return float(frequency[after - 1] + share * (frequency[after] - frequency[after - 1]))


def _upright(linear: np.ndarray) -> np.ndarray:
    """The region turned so that its edge crosses every line, dark to light."""
    across, down = (np.abs(np.diff(linear.mean(axis))).max() for axis in (0, 1))
    lines = linear if across >= down else linear.T
    left, right = lines[:, : lines.shape[1] // 3].mean(), lines[:, -(lines.shape[1] // 3) :].mean()
    return lines if left <= right else lines[:, ::-1]


def _edge(lines: np.ndarray) -> tuple[float, float, float]:
    """Slope and offset of the edge, x = offset + slope * line, and how far the lines' own edges stray from it."""
    count, width = lines.shape
    derivative = np.diff(lines, axis=1)
    places, rows = np.arange(width - 1) + 0.5, np.arange(count)
    centres, reach = np.full(count, (width - 1) / 2), float(width)
    slope = offset = stray = 0.0
    for _ in range(4):  # the window follows the edge found so far, and narrows: noise far from it counts less
        distance = (places[None] - centres[:, None]) / reach
        weighted = derivative * np.where(np.abs(distance) < 1, 0.54 + 0.46 * np.cos(np.pi * distance), 0)
        total = weighted.sum(1)
        usable = total > 0.2 * np.median(total)
        if usable.sum() < 2:
            raise InputError("region holds no edge; give one with a light and a dark side")
        found = (weighted * places).sum(1)[usable] / total[usable]
        slope, offset = np.polyfit(rows[usable], found, 1)
        stray = float(np.sqrt(np.mean((found - offset - slope * rows[usable]) ** 2)))
        centres, reach = offset + slope * rows, max(width / 4, 8.0)
    return float(slope), float(offset), stray


def _require(lines: np.ndarray, slope: float, stray: float) -> None:
    if _contrast(lines) < SMALLEST_CONTRAST:
        raise InputError(
            f"contrast {_contrast(lines):.2f} of the region is below {SMALLEST_CONTRAST}; give a light and a dark side"
        )
    if not SMALLEST_SLOPE <= abs(slope) <= LARGEST_SLOPE or abs(slope) * len(lines) < 1:
        raise InputError(
            f"edge is {np.degrees(np.arctan(abs(slope))):.1f} degrees off its axis over {len(lines)} lines; photograph it turned"
            " by about 5 degrees, and give a region that it crosses from end to end"
        )
    if stray > LARGEST_STRAY:
        raise InputError(f"edge strays {stray:.2f} px from a straight line; give a region with one straight edge")


def _contrast(lines: np.ndarray) -> float:
    third = lines.shape[1] // 3
    dark, light = np.median(lines[:, :third]), np.median(lines[:, -third:])
    return float((light - dark) / max(light + dark, 1e-12))


def _reach(count: int, width: int, slope: float, offset: float) -> int:
    """Whole pixels on both sides of the edge that the region has where the edge is half-way through it."""
    middle = offset + slope * (count - 1) / 2
    half = int(min(middle, width - 1 - middle))
    if half < SHORTEST_LINE // 2:
        raise InputError(f"edge is {half} px from the region's side; give a region with the edge in its middle")
    return half


def _edge_spread(lines: np.ndarray, slope: float, offset: float, half: int) -> np.ndarray:
    """Mean of the samples in each bin of a quarter pixel about the edge; a bin without any is interpolated."""
    count, width = lines.shape
    whole = int(count * abs(slope)) / abs(slope)  # lines that cross whole columns: every phase counts as often
    rows = np.arange(round(whole))
    distance = np.arange(width)[None] - (offset + slope * rows)[:, None]
    bins = np.floor((distance + half) * OVERSAMPLING).astype(int)
    inside = (bins >= 0) & (bins < 2 * half * OVERSAMPLING)
    length = 2 * half * OVERSAMPLING
    sums = np.bincount(bins[inside], lines[: len(rows)][inside], minlength=length)
    counts = np.bincount(bins[inside], minlength=length)
    filled = np.flatnonzero(counts)
    return np.interp(np.arange(length), filled, sums[filled] / counts[filled])


def _response(spread: np.ndarray, cosine: float) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies in cycles per pixel across the edge, to Nyquist, and the response there."""
    line_spread = np.gradient(spread)
    length = len(line_spread)
    middle = (length - 1) / 2
    window = 0.54 + 0.46 * np.cos(2 * np.pi * (np.arange(length) - middle) / length)
    transformed = np.abs(np.fft.rfft(line_spread * window))
    per_sample = np.arange(len(transformed)) / length  # cycles per quarter pixel
    derivative = np.sinc(2 * per_sample)  # of (next - last) / 2
    of_bin = np.sinc(per_sample)
    frequency = per_sample * OVERSAMPLING / cosine
    kept = frequency <= HIGHEST
    return frequency[kept], (transformed / transformed[0])[kept] / (derivative * of_bin)[kept]
