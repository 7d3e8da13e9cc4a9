"""Frames of one size and kind as tensors: what the ISP takes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.tensors import LinearRgb, PerImage
from isp_env.colorimetry.colour import ColourBatch
from isp_env.frames.raw_samples import RawSamples
from isp_env.lens.geometry_batch import GeometryBatch, LateralBatch
from isp_env.lens.shading import ShadingBatch
from isp_env.sensor.cfa import cfa_index


@dataclass(frozen=True)
class FrameBatch:
    """Frames of one size and kind as tensors: what the ISP takes.

    `samples`: (N, 1, H, W) normalised mosaic or (N, 3, H, W) linear camera RGB; `cfa_index`: into
    CFA_PATTERNS, -1 for RGB;
    `noise`: (N, 2), the a and b of variance = a x + b; `sensor_noise`: at native resolution; `shading`: None where no frame has any;
    `optical_centre_px`: row and column of the lens's axis; `geometry`: what is to be undone in the finished picture,
    `lateral`: and before demosaicing; None where there is nothing;
    `denoised`: of proxies, the averages of their frames denoised; None for others;
    `prepared`: whether the batch went through `camera_rgb.prepared.prepare`, or consists of proxies, whose frames did.
    """

    samples: Float[Tensor, "batch channels height width"]
    cfa_index: Int[Tensor, " batch"]
    wb_as_shot: Float[Tensor, "batch 3"]
    noise: Float[Tensor, "batch 2"]
    sensor_noise: Float[Tensor, "batch 2"]
    scale: PerImage
    exposure_ev: PerImage
    colour: ColourBatch
    optical_centre_px: Float[Tensor, "batch 2"]
    shading: ShadingBatch | None = None
    geometry: GeometryBatch | None = None
    lateral: LateralBatch | None = None
    denoised: LinearRgb | None = None
    prepared: bool = False

    @classmethod
    def stack(cls, frames: Sequence[RawSamples], device: str | torch.device = "cpu") -> "FrameBatch":
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
            if frame.prepared != first.prepared:
                raise InputError(
                    f"{frame.path or frame.name}: a proxy cannot be batched with a frame that is none, "
                    f"{first.path or first.name}; make proxies of all"
                )
        height, width = first.samples.shape[:2]
        moved = (frame.geometry is not None and not frame.geometry.is_plain for frame in frames)
        samples = _planes(len(frames), (height, width), (frame.normalised() for frame in frames))
        denoised = [frame.denoised for frame in frames if frame.denoised is not None]
        assert len(denoised) in (0, len(frames)), "proxies are denoised, or none is"

        def tensor(values: list) -> Tensor:
            return torch.tensor(values, dtype=torch.float32, device=device)

        return cls(
            samples=samples.to(device),
            cfa_index=torch.tensor([cfa_index(frame.cfa) for frame in frames], device=device),
            wb_as_shot=tensor([frame.wb_as_shot for frame in frames]),
            noise=tensor([frame.noise for frame in frames]),
            sensor_noise=tensor([frame.sensor_noise or frame.noise for frame in frames]),
            scale=tensor([frame.scale for frame in frames]),
            exposure_ev=tensor([frame.baseline_exposure_ev for frame in frames]),
            colour=ColourBatch.stack(
                [frame.calibration for frame in frames], [frame.wb_as_shot for frame in frames], device
            ),
            optical_centre_px=tensor([frame.optical_centre for frame in frames]),
            shading=ShadingBatch.stack([frame.shading for frame in frames], device),
            geometry=GeometryBatch.stack([frame.geometry for frame in frames], device) if any(moved) else None,
            lateral=LateralBatch.stack([(frame.geometry, frame.samples.shape[:2]) for frame in frames], device),
            denoised=_planes(len(frames), (height, width), denoised).to(device) if denoised else None,
            prepared=first.prepared,
        )

    def window(self, top: int, bottom: int, left: int, right: int) -> "FrameBatch":
        """Return these rows and columns of every frame; both begin at even places of a mosaic, to keep its phase.

        A tile has no geometry: what it shows is put in its place when the picture is whole.
        """
        shading = self.shading and self.shading.cropped(top, left)
        centre = self.optical_centre_px - self.optical_centre_px.new_tensor([top, left])
        return replace(
            self,
            samples=self.samples[:, :, top:bottom, left:right],
            denoised=None if self.denoised is None else self.denoised[:, :, top:bottom, left:right],
            shading=shading,
            geometry=None,
            lateral=self.lateral and self.lateral.cropped(top, left),
            optical_centre_px=centre,
        )

    def take(self, ids: Tensor) -> "FrameBatch":
        """Return the batch of the given items."""
        return self._map(lambda tensor: tensor.index_select(0, ids), self.colour.take(ids))

    def to(self, device: str | torch.device) -> "FrameBatch":
        """Return the batch on another device."""
        return self._map(lambda tensor: tensor.to(device), self.colour.to(device))

    def _map(self, change: Callable[[Tensor], Tensor], colour: ColourBatch) -> "FrameBatch":
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        tensors = {name: change(value) for name, value in values.items() if isinstance(value, Tensor)}
        of_lens = {name: getattr(self, name) for name in ("shading", "geometry", "lateral")}
        changed = {name: each and each.map(change) for name, each in of_lens.items()}
        return replace(self, **tensors, colour=colour, **changed)

    @property
    def is_mosaic(self) -> bool:
        """Whether each sample is of one colour; the others are RGB."""
        return self.samples.shape[1] == 1

    def __len__(self) -> int:
        return self.samples.shape[0]


def _planes(
    count: int, size: tuple[int, int], pictures: Iterable[np.ndarray]
) -> Float[Tensor, "count channels height width"]:
    """Pictures of (H, W) or (H, W, 3) as one tensor; of thousands of proxies no second copy is made."""
    stacked = torch.empty(0)
    for index, picture in enumerate(pictures):
        planes = torch.from_numpy(picture).view(*size, -1).permute(2, 0, 1)
        if not index:
            stacked = torch.empty(count, *planes.shape)
        stacked[index] = planes
    return stacked
