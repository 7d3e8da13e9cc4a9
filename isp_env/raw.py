"""Camera raws: upright samples with levels, white balance, calibration and noise; and batches for the ISP."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.tensors import PerImage
from isp_env.colour import CameraCalibration, ColourBatch

CFA_PATTERNS = ("RGGB", "BGGR", "GRBG", "GBRG")
"""A colour filter array is called by its top-left 2x2 block, read row by row."""

Levels = tuple[float, float, float, float]


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

    def _map(self, change, colour: ColourBatch) -> "FrameBatch":
        names = ("samples", "cfa_index", "wb_as_shot", "noise", "scale", "exposure_ev")
        return FrameBatch(**{name: change(getattr(self, name)) for name in names}, colour=colour)

    def __len__(self) -> int:
        return self.samples.shape[0]


def cfa_index(cfa: str | None) -> int:
    """Return the place of a CFA in CFA_PATTERNS, -1 for none."""
    return -1 if cfa is None else CFA_PATTERNS.index(cfa)


def cfa_sites(cfa: str) -> dict[tuple[int, int], int]:
    """Return the colour at each (row, column) of the 2x2 block: R 0, G 1 (red rows), G 2, B 3."""
    red_row = cfa.index("R") // 2
    colours = {"R": 0, "B": 3}
    return {
        (site // 2, site % 2): colours.get(letter, 1 if site // 2 == red_row else 2)
        for site, letter in enumerate(cfa)
    }
