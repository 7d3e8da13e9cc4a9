"""A raw picture's samples with all that gives them meaning: levels, white balance, calibration and noise."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from isp_env.colorimetry.colour import CameraCalibration
from isp_env.lens.geometry import LensGeometry
from isp_env.lens.shading import LensShading
from isp_env.sensor.cfa import cfa_sites
from isp_env.sensor.channel_numbers import Levels

NO_BLACK: Levels = (0.0, 0.0, 0.0, 0.0)
FULL_WHITE: Levels = (1.0, 1.0, 1.0, 1.0)
CROP_PX = 224  # the smallest edge that attiqa-mini reads as it is; smaller pictures it enlarges, at no less cost


@dataclass(frozen=True)
class RawSamples:
    """One raw picture, upright: orientation was applied once, to the samples and to the CFA.

    `samples`: (H, W) uint16 mosaic in DN, or (H, W, 3) float32 linear camera RGB (0 black, 1 clipping) when
    `cfa` is None;
    `black_level_dn`, `white_level_dn`: per CFA colour R, G1 (in red rows), G2 (in blue rows), B; zeros and
    ones without CFA;
    `wb_as_shot`: gains of R, G, B with G = 1;
    `noise`: (a, b) of variance = a x + b per pixel of `samples`, x being the sample with black at 0 and
    white at 1;
    `scale`: size of `samples` relative to the whole sensor;
    `sensor_noise`: of a proxy, the noise of the frame that it was made of;
    `denoised`: of a proxy, what `samples` would be, had that frame been denoised by `proxy_denoise.REFERENCE_STRENGTHS`;
    `shading`: the lens's, applied to `samples` once they are prepared;
    `geometry`: the lens's distortion, undone in the finished picture; proxies are made without it left in them;
    `optical_centre_px`: row and column of the lens's axis among the pixels of `samples`, from 0; None is their middle;
    `prepared`: whether defects, clipped highlights and shading are seen to, so that samples may exceed 1;
    `crops`: of a proxy, windows of the frame that it was made of, at native resolution.
    """

    samples: np.ndarray
    cfa: str | None
    black_level_dn: Levels
    white_level_dn: Levels
    wb_as_shot: tuple[float, float, float]
    calibration: CameraCalibration
    noise: tuple[float, float]
    baseline_exposure_ev: float = 0.0
    scale: float = 1.0
    sensor_noise: tuple[float, float] | None = None
    denoised: np.ndarray | None = None
    shading: LensShading | None = None
    geometry: LensGeometry | None = None
    optical_centre_px: tuple[float, float] | None = None
    prepared: bool = False
    crops: "tuple[Crop, ...]" = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    path: str = ""

    @property
    def is_mosaic(self) -> bool:
        """Whether the samples still are a colour filter array's."""
        return self.cfa is not None

    @property
    def optical_centre(self) -> tuple[float, float]:
        """Row and column of the lens's axis among the pixels of `samples`."""
        height, width = self.samples.shape[:2]
        return self.optical_centre_px or ((height - 1) / 2, (width - 1) / 2)

    def optical_centre_from(self, top: int, left: int) -> tuple[float, float]:
        """Return the same in a window that begins at row `top` and column `left`."""
        row, column = self.optical_centre
        return row - top, column - left

    def corner(self, px: int = 2) -> Self:
        """Return the frame with the samples of its corner alone: all that is not its picture."""
        return replace(self, samples=self.samples[:px, :px], denoised=None, crops=())

    def normalised(self) -> np.ndarray:
        """Return the samples as float32 with black at 0 and white at 1, unclipped: (H, W) or (H, W, 3)."""
        if self.cfa is None:
            return self.samples.astype(np.float32, copy=False)
        normalised = self.samples.astype(np.float32)
        for (row, column), colour in cfa_sites(self.cfa).items():
            black, white = self.black_level_dn[colour], self.white_level_dn[colour]
            site = normalised[row::2, column::2]
            site -= black
            site /= white - black
        return normalised


@dataclass(frozen=True)
class Crop:
    """A prepared square window of a frame: where it begins in the frame's proxy, in pixels of that (row, column), and the
    frame's pixels for each of the proxy's."""

    frame: RawSamples
    place: tuple[float, float]
    proxy_px: float

    def centre(self, edge: int) -> "Crop":
        """Return the middle of it; the CFA's phase is kept."""
        start = (self.frame.samples.shape[0] - edge) // 4 * 2
        samples = self.frame.samples[start : start + edge, start : start + edge]
        shading = self.frame.shading and self.frame.shading.cropped(start, start)
        row, column = self.place
        shift = start / self.proxy_px
        geometry = self.frame.geometry and self.frame.geometry.cropped(start, start)
        centre = self.frame.optical_centre_from(start, start)
        frame = replace(self.frame, samples=samples, shading=shading, geometry=geometry, optical_centre_px=centre)
        return replace(self, frame=frame, place=(row + shift, column + shift))
