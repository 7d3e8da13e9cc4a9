"""Camera raws: one picture with its levels, white balance, calibration and noise, and its small proxies."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from attiqa_core.errors import InputError
from isp_env.colorimetry.colour import CameraCalibration
from isp_env.frames.camera_default import picture_exposure_ev
from isp_env.frames.raw_samples import CROP_PX, FULL_WHITE, NO_BLACK, RawSamples
from isp_env.proxies.area import averaged_noise
from isp_env.proxies.crops import cut, detail_and_clipping
from isp_env.proxies.proxy import (
    AS_IT_IS,
    DENOISED,
    Measure,
    Window,
    averaged,
    centre_square,
    is_of_area,
    proxy_size,
    whole,
)
from isp_env.proxies.undistorted import averaged_undistorted
from isp_env.raw_io.files import PICTURE_EXPOSURE, read_raw
from isp_env.raw_io.own_sensor.description import NOTHING, SensorDescription
from isp_env.sensor.cfa import CFA_PATTERNS
from isp_env.sensor.channel_numbers import Levels, checked_gains
from isp_env.sensor.noise import estimate_noise


@dataclass(frozen=True)
class RawFrame(RawSamples):
    """One raw picture, upright, from a file or from samples; its fields are those of `RawSamples`."""

    @classmethod
    def load(cls, path: str | Path, own: SensorDescription = NOTHING) -> "RawFrame":
        """Return the picture of a camera's raw file (Bayer as a mosaic, others demosaiced by LibRaw).

        What `own` and a sensor file beside the raw say comes before what the raw says; headerless files need it.

        Where the file states no BaselineExposure, the exposure is `frames.camera_default.picture_exposure_ev`.

        Raises: InputError if the file is missing, cut off, no raw, or has no colours to speak of.
        """
        frame = cls(**vars(read_raw(Path(path), own)))
        if frame.metadata["exposure_source"] == PICTURE_EXPOSURE:
            return replace(frame, baseline_exposure_ev=picture_exposure_ev(frame))
        return frame

    @classmethod
    def from_mosaic(
        cls,
        samples: np.ndarray,
        cfa: str,
        *,
        black_level_dn: float | Levels,
        white_level_dn: float | Levels,
        wb_as_shot: tuple[float, float, float] = (1.0, 1.0, 1.0),
        calibration: CameraCalibration | None = None,
        noise: tuple[float, float] | None = None,
        iso: float | None = None,
        name: str = "",
        path: str = "",
    ) -> "RawFrame":
        """Return a frame of headerless samples (H, W); `metadata` says what had to be assumed.

        Without `calibration` the camera's primaries are taken to be sRGB's; without `noise` it is estimated
        from `iso`. Raises: InputError for an unknown CFA, empty or non-integer samples, or black >= white.
        """
        label = path or name or "raw samples"
        if cfa not in CFA_PATTERNS:
            raise InputError(f"{label}: CFA {cfa!r} is not one of {', '.join(CFA_PATTERNS)}")
        if samples.ndim != 2 or min(samples.shape) < 2 or samples.dtype.kind != "u":
            raise InputError(f"{label}: {samples.dtype} samples {samples.shape}; give unsigned (height, width)")
        black, white = _levels(black_level_dn), _levels(white_level_dn)
        if any(low >= high for low, high in zip(black, white, strict=True)):
            raise InputError(f"{label}: black level {black} is not below white {white}; give the sensor's levels")
        estimate, noise_source = estimate_noise(iso, [high - low for low, high in zip(black, white, strict=True)])
        return cls(
            samples=samples.astype(np.uint16, copy=False),
            cfa=cfa,
            black_level_dn=black,
            white_level_dn=white,
            wb_as_shot=checked_gains(label, wb_as_shot),
            calibration=calibration or CameraCalibration.from_linear_srgb(),
            noise=noise or estimate,
            metadata={
                "iso": iso,
                "noise_source": "given" if noise else noise_source,
                "colour_source": "given" if calibration else "assumed sRGB primaries",
            },
            name=name or Path(path).stem,
            path=path,
        )

    @classmethod
    def from_linear_rgb(
        cls,
        linear_rgb: np.ndarray,
        *,
        wb_as_shot: tuple[float, float, float],
        calibration: CameraCalibration | None = None,
        noise: tuple[float, float] | None = None,
        name: str = "",
        path: str = "",
    ) -> "RawFrame":
        """Return a frame of linear camera RGB (H, W, 3), black 0 and clipping 1, not white-balanced.

        Raises: InputError for another shape, or values that are not finite.
        """
        label = path or name or "linear RGB"
        if linear_rgb.ndim != 3 or linear_rgb.shape[2] != 3 or not linear_rgb.size:
            raise InputError(f"{label}: shape {linear_rgb.shape}; give linear camera RGB as (height, width, 3)")
        if not np.isfinite(linear_rgb).all():
            raise InputError(f"{label}: holds NaN or infinite values; give finite linear camera RGB")
        estimate, noise_source = estimate_noise(None, [65535.0])
        return cls(
            samples=np.ascontiguousarray(linear_rgb, dtype=np.float32),
            cfa=None,
            black_level_dn=NO_BLACK,
            white_level_dn=FULL_WHITE,
            wb_as_shot=checked_gains(label, wb_as_shot),
            calibration=calibration or CameraCalibration.from_linear_srgb(),
            noise=noise or estimate,
            metadata={
                "noise_source": "given" if noise else noise_source,
                "colour_source": "given" if calibration else "assumed sRGB primaries",
            },
            name=name or Path(path).stem,
            path=path,
        )

    def proxy(
        self,
        px: int,
        *,
        square: bool = False,
        by_area: bool = False,
        crops: int = 0,
        crop_px: int = CROP_PX,
        within: Window | None = None,
    ) -> "RawFrame":
        """Return a small linear camera RGB frame: prepared and demosaiced at full size, then area-averaged, as it is and denoised.

        `px` is its short edge, or with `by_area` the root of its area: a frame of any shape then costs as much. `square`
        takes the centre only, so that frames of any shape batch; `within`, a part of the finished picture, that part only.
        A frame smaller than that is enlarged; a proxy that has the size already comes back as it is. Its samples may
        exceed 1: clipped highlights are restored. Noise is scaled by what demosaicing and averaging do to it, `scale` by
        the size. It carries `crops` windows of `crop_px` (less, where the frame is smaller), as `proxies.crops.cut` chooses them.
        A lens's distortion and lateral colour are undone in it; crops are cut where its detail came from, their colours together
        but not stretched.
        Raises: InputError for a proxy that carries fewer crops: they cannot be cut from it.
        """
        window = within or (centre_square(self) if square else whole(self))
        by_area = by_area and not square
        size = proxy_size(window, px, by_area=by_area)
        fits = self.samples.shape[:2] == size or (by_area and is_of_area(self.samples.shape[:2], px))
        if self.prepared and fits and window == whole(self) and len(self.crops) >= crops:
            return replace(self, crops=self.crops[:crops]) if len(self.crops) > crops else self
        if self.prepared and crops:
            raise InputError(
                f"{self.path or self.name}: is a proxy without {crops} crops of native resolution, which are cut from the "
                f"frame itself; make it with crops={crops}, or do without (crops=0)"
            )
        factor = min(size) / min(window.height, window.width)
        measured = self._averaged(window, size, detail_and_clipping if crops else None)
        return replace(
            self,
            samples=np.ascontiguousarray(measured[..., AS_IT_IS]),
            denoised=np.ascontiguousarray(measured[..., DENOISED]),
            cfa=None,
            black_level_dn=NO_BLACK,
            white_level_dn=FULL_WHITE,
            sensor_noise=self.sensor_noise or self.noise,
            noise=averaged_noise(self.noise, self.cfa, self.wb_as_shot, (window.height, window.width), size),
            shading=self.shading and self.shading.cropped(window.top, window.left).resized(*_ratios(size, window)),
            geometry=None,
            optical_centre_px=_averaged_centre(
                self.optical_centre_from(window.top, window.left), *_ratios(size, window)
            ),
            scale=self.scale * factor,
            prepared=True,
            crops=cut(self, window, measured, crops, crop_px) if crops else (),
        )

    def _averaged(self, window: Window, size: tuple[int, int], measure: Measure | None) -> np.ndarray:
        if self.geometry is None:
            return averaged(self, window, size, measure)
        return averaged_undistorted(self, self.geometry, window, size, measure)


def _levels(level: float | Levels) -> Levels:
    return level if isinstance(level, tuple) else (level, level, level, level)


def _averaged_centre(centre: tuple[float, float], down: float, across: float) -> tuple[float, float]:
    """The same place after averaging: a pixel's middle is half a pixel from its edge at every size."""
    row, column = centre
    return (row + 0.5) * down - 0.5, (column + 0.5) * across - 0.5


def _ratios(size: tuple[int, int], window: Window) -> tuple[float, float]:
    return size[0] / window.height, size[1] / window.width
