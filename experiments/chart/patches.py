"""What is measured of each patch: means and noise, of the raw's own samples and of a rendered picture."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from scipy.optimize import nnls

from attiqa_core.srgb import LUMINANCE, linear_from_srgb
from experiments.chart.placement import CENTRES, Placement
from isp_env.camera_rgb.prepared import prepare
from isp_env.pipeline import as_batch
from isp_env.raw import RawFrame
from isp_env.sensor.cfa import cfa_sites

CLIPPED_LEVEL = 0.99  # of the clipping point
CLIPPED_SHARE = 0.01  # of a patch's samples in one channel: more, and the mean is not the patch's


@dataclass(frozen=True)
class Patches:
    """24 patches: mean and noise per channel.

    `mean`: linear light, of camera RGB before white balance (clipping at 1) or of linear sRGB;
    `noise`: standard deviation about a plane fitted to the patch, in the same units, of the same channels and, of a picture,
    of luminance as a fourth; `level`: the mean that belongs to that noise (a raw's before lens shading is undone);
    `samples`: how many of each channel; `clipped`: whether a channel is at its end.
    """

    mean: Float[np.ndarray, "patches 3"]
    level: Float[np.ndarray, "patches channels"]
    noise: Float[np.ndarray, "patches channels"]
    samples: Float[np.ndarray, "patches channels"]
    clipped: np.ndarray

    @property
    def snr_db(self) -> Float[np.ndarray, "patches channels"]:
        """20 log10 of mean over noise; ISO 15739's ratio, without its weighting by the eye."""
        return 20 * np.log10(np.maximum(self.level, 1e-9) / np.maximum(self.noise, 1e-9))


def raw_patches(frame: RawFrame, placement: Placement) -> Patches:
    """Return the patches in linear camera RGB, from samples of each colour alone: nothing is demosaiced.

    Means are of samples with defects and lens shading corrected; noise is of the samples as they were read.
    """
    prepared = prepare(as_batch(frame)).samples[0].numpy()
    as_read = frame.normalised()
    rows = [_raw_patch(frame, prepared, as_read, *placement.pixels(patch)) for patch in range(len(CENTRES))]
    mean, level, noise, samples, clipped = (np.array(each) for each in zip(*rows, strict=True))
    return Patches(mean, level, noise, samples, clipped)


def _raw_patch(
    frame: RawFrame, prepared: np.ndarray, as_read: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> tuple[list[float], list[float], list[float], list[int], bool]:
    means, levels, variances = [[], [], []], [[], [], []], [[], [], []]
    counts, clipped = [0, 0, 0], False
    for channel, plane, read, inside in _sites(frame, prepared, as_read, rows, columns):
        own = rows[inside], columns[inside]
        means[channel].append(plane[own].mean())
        levels[channel].append(read[own].mean())
        variances[channel].append(detrended_variance(read[own], *own))
        counts[channel] += len(own[0])
        clipped = clipped or bool((read[own] >= CLIPPED_LEVEL).mean() > CLIPPED_SHARE)
    return (
        [float(np.mean(each)) for each in means],
        [float(np.mean(each)) for each in levels],
        [float(np.sqrt(np.mean(each))) for each in variances],
        counts,
        clipped,
    )


def _sites(frame: RawFrame, prepared: np.ndarray, as_read: np.ndarray, rows: np.ndarray, columns: np.ndarray):
    """Channel (0 to 2), its prepared and its read samples, and which of the pixels are of it; both greens on their own."""
    if frame.cfa is None:
        for channel in range(3):
            yield channel, prepared[channel], as_read[..., channel], np.ones(len(rows), bool)
        return
    for (row, column), colour in cfa_sites(frame.cfa).items():
        yield (0, 1, 1, 2)[colour], prepared[0], as_read, (rows % 2 == row) & (columns % 2 == column)


def picture_patches(display_rgb: Float[torch.Tensor, "3 height width"], placement: Placement) -> Patches:
    """Return the patches of a display sRGB picture, its curve undone pixel by pixel."""
    rows = [_picture_patch(display_rgb, *placement.pixels(patch)) for patch in range(len(CENTRES))]
    mean, level, noise, samples, clipped = (np.array(each) for each in zip(*rows, strict=True))
    return Patches(mean, level, noise, samples, clipped)


def _picture_patch(display_rgb: torch.Tensor, rows: np.ndarray, columns: np.ndarray):
    display = display_rgb[:, torch.from_numpy(rows), torch.from_numpy(columns)].double()
    linear = linear_from_srgb(display).numpy()
    channels = [*linear, np.array(LUMINANCE) @ linear]
    noise = [float(np.sqrt(detrended_variance(channel, rows, columns))) for channel in channels]
    level = [float(channel.mean()) for channel in channels]
    at_end = (display <= 0) | (display >= 1)
    clipped = bool((at_end.double().mean(1) > CLIPPED_SHARE).any())
    return level[:3], level, noise, [len(rows)] * 4, clipped


def detrended_variance(values: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> float:
    """Return the variance about a plane fitted by least squares: a gradient of light over the patch is no noise."""
    plane = np.stack([np.ones(len(rows)), rows - rows.mean(), columns - columns.mean()], 1)
    values = np.asarray(values, dtype=np.float64)
    residual = values - plane @ np.linalg.lstsq(plane, values, rcond=None)[0]
    return float(residual @ residual / (len(values) - 3))


def noise_profile(patches: Patches) -> tuple[float, float]:
    """Return (a, b) of variance = a x + b over all patches and channels, neither below 0; clipped patches are left out.

    Each variance weighs as much as it is known: its relative error is the root of 2 over the number of samples.
    """
    kept = ~patches.clipped
    level, variance = patches.level[kept].ravel(), patches.noise[kept].ravel() ** 2
    weight = np.sqrt(patches.samples[kept].ravel() / 2)
    expected, a, b = np.maximum(variance, 1e-15), 0.0, 0.0
    for _ in range(5):  # errors are relative to the variance that is expected, not to the one that was drawn
        rows = np.stack([level, np.ones_like(level)], 1) * (weight / expected)[:, None]
        a, b = map(float, nnls(rows, variance * weight / expected)[0])
        expected = np.maximum(a * level + b, 1e-15)
    return a, b
