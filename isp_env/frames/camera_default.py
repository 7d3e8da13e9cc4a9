"""What a camera would deliver: exposure from the picture where the file states none, denoising and sharpening from its noise.

The controls of `params` start from here: 0 is the camera's own amount, -1 none of it.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.srgb import srgb_from_linear
from attiqa_core.tensors import PerImage
from isp_env.frames.raw_samples import RawSamples
from isp_env.lens.shading import ShadingBatch
from isp_env.sensor.cfa import cfa_sites
from isp_env.stages.denoise import DEFAULT_CHROMA, default_strengths
from isp_env.stages.highlights import CLIP_END
from isp_env.stages.lens_shading import rgb_gains
from isp_env.stages.sharpen import LARGEST_SHARPEN
from isp_env.stages.tone_map import SMALLEST_LIGHT, display_curve

TARGET_LUMA = 0.44  # mean display luma of a picture exposed to please: cid22's photos have 0.45, Kodak's 0.43 (LOG.md)
SHARE = 0.6  # of the way there: a night stays dark, snow stays bright
LOWEST_EV, HIGHEST_EV = -0.5, 1.5
BRIGHT = 0.9  # display; beyond it an overcast sky is paper
MOST_LIFTED = (
    0.04  # share of the picture that a raise may take there; sunlit whites and lamps of a dark picture are less
)
_SAMPLES = 50_000  # of light, about: so many tell its mean and the area of a sky to 0.2 %
_STEPS = 13  # of bisection: 0.0004 EV

CAPTURE_SHARPEN, NOISY_SHARPEN = 0.5, 0.2  # amounts for clean and for noisy pictures


def finishing(
    sensor_noise: Float[Tensor, "batch 2"], sharpen: PerImage, denoise_luma: PerImage, denoise_chroma: PerImage
) -> tuple[PerImage, PerImage, PerImage]:
    """Return the amounts of sharpening and the strengths of luma and chroma denoising that the controls in [-1, 1] ask for.

    `sensor_noise`: the profile at native resolution, so that a proxy asks for what the full size does.
    """
    luma, chroma = default_strengths(sensor_noise)
    capture = CAPTURE_SHARPEN + (NOISY_SHARPEN - CAPTURE_SHARPEN) * (chroma / DEFAULT_CHROMA)
    return (
        from_default(capture, sharpen, LARGEST_SHARPEN),
        from_default(luma, denoise_luma, 1.0),
        from_default(chroma, denoise_chroma, 1.0),
    )


def from_default(default: PerImage, control: PerImage, largest: float) -> PerImage:
    """Return none at -1, the default at 0 and the largest at 1, straight between."""
    return torch.where(control < 0, default * (1 + control), default + control * (largest - default))


def picture_exposure_ev(frame: RawSamples) -> float:
    """Return the exposure, in EV, that takes the picture SHARE of the way to TARGET_LUMA through the base tone map.

    A raise ends where it takes more than MOST_LIFTED of the picture beyond BRIGHT: a dark foreground costs no sky.
    """
    light = torch.from_numpy(_sampled_light(frame)).float()
    white = CLIP_END * max(frame.wb_as_shot)

    def shown(ev: float) -> Tensor:
        lit = (light * 2**ev).view(1, 1, 1, -1).clamp_min(SMALLEST_LIGHT)
        return srgb_from_linear(display_curve(lit, torch.zeros(1), torch.tensor([white * 2**ev])))

    def bright(ev: float) -> float:
        return float((shown(ev) > BRIGHT).float().mean())

    low, high = LOWEST_EV / SHARE, HIGHEST_EV / SHARE
    ev = SHARE * _highest(lambda each: float(shown(each).mean()) < TARGET_LUMA, low, high)
    if ev > 0 and bright(ev) > (most := bright(0) + MOST_LIFTED):
        ev = _highest(lambda each: bright(each) <= most, 0, ev)
    return round(ev, 3)


def _highest(holds: Callable[[float], bool], low: float, high: float) -> float:
    """About the highest number between for which it holds; it is taken to hold for all that are lower."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return (low + high) / 2


def _sampled_light(frame: RawSamples) -> np.ndarray:
    """Mean white-balanced light of cells or pixels on a grid of about _SAMPLES, its lens shading corrected."""
    samples, gains = frame.samples, np.array(frame.wb_as_shot)
    stride = max(1, round((samples.shape[0] * samples.shape[1] / _SAMPLES) ** 0.5))
    if frame.cfa is None:
        return (samples[::stride, ::stride] * gains).mean(-1).clip(0).ravel()
    height, width = (side // 2 * 2 for side in samples.shape)
    step = max(1, stride // 2)
    cells = samples[:height, :width].reshape(height // 2, 2, width // 2, 2)[::step, :, ::step]
    few = replace(frame, samples=cells.reshape(cells.shape[0] * 2, cells.shape[2] * 2)).normalised()
    planes = {colour: few[row::2, column::2] for (row, column), colour in cfa_sites(frame.cfa).items()}
    light = (planes[0] * gains[0] + (planes[1] + planes[2]) / 2 * gains[1] + planes[3] * gains[2]) / 3
    if frame.shading is not None:
        small = frame.shading.resized(light.shape[0] / height, light.shape[1] / width)
        shading = ShadingBatch.stack([small], "cpu")
        assert shading is not None
        light = light * rgb_gains(shading, torch.empty(1, 3, *light.shape))[0].mean(0).numpy()
    return light.clip(0).ravel()
