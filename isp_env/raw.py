"""Camera raws: upright samples with levels, white balance, calibration and noise; and batches for the ISP."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.tensors import PerImage
from isp_env.cfa import CFA_PATTERNS, cfa_index, cfa_sites
from isp_env.colour import CameraCalibration, ColourBatch
from isp_env.noise import estimate_noise
from isp_env.proxy import bin_cells, centre_square, resample_area

__all__ = ["CFA_PATTERNS", "FrameBatch", "RawFrame"]

Levels = tuple[float, float, float, float]
NO_BLACK: Levels = (0.0, 0.0, 0.0, 0.0)
FULL_WHITE: Levels = (1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True)
class RawFrame:
    """One raw picture, upright: orientation was applied once, to the samples and to the CFA.

    `samples`: (H, W) uint16 mosaic in DN, or (H, W, 3) float32 linear camera RGB (0 black, 1 clipping) when
    `cfa` is None;
    `black_level_dn`, `white_level_dn`: per CFA colour R, G1 (in red rows), G2 (in blue rows), B; zeros and
    ones without CFA;
    `wb_as_shot`: gains of R, G, B with G = 1;
    `noise`: (a, b) of variance = a x + b per pixel of `samples`, x being the sample with black at 0 and
    white at 1;
    `scale`: size of `samples` relative to the whole sensor.
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
    metadata: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    path: str = ""

    @classmethod
    def load(cls, path: str | Path) -> "RawFrame":
        """Return the picture of a camera's raw file (Bayer as a mosaic, others demosaiced by LibRaw).

        Raises: InputError if the file is missing, cut off, no raw, or has no colours to speak of.
        """
        from isp_env.raw_io.raw_files import (
            read_raw,
        )  # the reader makes RawFrames: importing it above would be a circle

        return read_raw(Path(path))

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

    @property
    def is_mosaic(self) -> bool:
        """Whether the samples still are a colour filter array's."""
        return self.cfa is not None

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

    def proxy(self, short_edge: int, *, square: bool = False) -> "RawFrame":
        """Return a small linear camera RGB frame: 2x2 cells binned, then area-averaged to `short_edge` px.

        `square` crops the centre first, so that frames of any shape batch. A frame smaller than that is
        enlarged. White balance and demosaicing play no part; noise is scaled by the pixels averaged, `scale`
        by the size.
        """
        rgb, variance = (bin_cells(self.normalised(), cfa_sites(self.cfa))) if self.cfa else (self.samples, 1.0)
        if square:
            rgb = centre_square(rgb)
        factor = short_edge / min(rgb.shape[:2])
        size = (max(1, round(rgb.shape[0] * factor)), max(1, round(rgb.shape[1] * factor)))
        resized, resampled_variance = resample_area(rgb, size)
        variance *= resampled_variance
        return replace(
            self,
            samples=resized,
            cfa=None,
            black_level_dn=NO_BLACK,
            white_level_dn=FULL_WHITE,
            noise=(self.noise[0] * variance, self.noise[1] * variance),
            scale=self.scale * factor / (2 if self.cfa else 1),
        )


@dataclass(frozen=True)
class FrameBatch:
    """Frames of one size and kind as tensors: what the ISP takes.

    `samples`: (N, 1, H, W) normalised mosaic or (N, 3, H, W) linear camera RGB; `cfa_index`: into
    CFA_PATTERNS, -1 for RGB;
    `noise`: (N, 2), the a and b of variance = a x + b.
    """

    samples: Float[Tensor, "batch channels height width"]
    cfa_index: Int[Tensor, " batch"]
    wb_as_shot: Float[Tensor, "batch 3"]
    noise: Float[Tensor, "batch 2"]
    scale: PerImage
    exposure_ev: PerImage
    colour: ColourBatch

    @classmethod
    def stack(cls, frames: Sequence[RawFrame], device: str | torch.device = "cpu") -> "FrameBatch":
        """Return the batch of frames that share their size and kind.

        Raises: InputError if they do not.
        """
        first = frames[0]
        for frame in frames:
            if frame.samples.shape != first.samples.shape:
                raise InputError(
                    f"{frame.path or frame.name}: {frame.samples.shape} samples cannot be batched with the "
                    f"{first.samples.shape} of {first.path or first.name}; use proxies of one size"
                )
        planes = torch.from_numpy(np.stack([frame.normalised() for frame in frames]))
        samples = planes[:, None] if first.is_mosaic else planes.permute(0, 3, 1, 2).contiguous()

        def tensor(values: list) -> Tensor:
            return torch.tensor(values, dtype=torch.float32, device=device)

        return cls(
            samples=samples.to(device),
            cfa_index=torch.tensor([cfa_index(frame.cfa) for frame in frames], device=device),
            wb_as_shot=tensor([frame.wb_as_shot for frame in frames]),
            noise=tensor([frame.noise for frame in frames]),
            scale=tensor([frame.scale for frame in frames]),
            exposure_ev=tensor([frame.baseline_exposure_ev for frame in frames]),
            colour=ColourBatch.stack(
                [frame.calibration for frame in frames], [frame.wb_as_shot for frame in frames], device
            ),
        )

    def take(self, ids: Tensor) -> "FrameBatch":
        """Return the batch of the given items."""
        return self._map(lambda tensor: tensor.index_select(0, ids), self.colour.take(ids))

    def to(self, device: str | torch.device) -> "FrameBatch":
        """Return the batch on another device."""
        return self._map(lambda tensor: tensor.to(device), self.colour.to(device))

    def _map(self, change: Callable[[Tensor], Tensor], colour: ColourBatch) -> "FrameBatch":
        names = ("samples", "cfa_index", "wb_as_shot", "noise", "scale", "exposure_ev")
        return FrameBatch(**{name: change(getattr(self, name)) for name in names}, colour=colour)

    def __len__(self) -> int:
        return self.samples.shape[0]


def _levels(level: float | Levels) -> Levels:
    return level if isinstance(level, tuple) else (level, level, level, level)


def checked_gains(label: str, gains: Sequence[float]) -> tuple[float, float, float]:
    """Return white-balance gains scaled to G = 1.

    Raises: InputError unless there are three positive finite numbers.
    """
    if len(gains) != 3 or not all(math.isfinite(gain) and gain > 0 for gain in gains):
        raise InputError(f"{label}: white-balance gains {tuple(gains)} are not three positive numbers")
    return gains[0] / gains[1], 1.0, gains[2] / gains[1]
