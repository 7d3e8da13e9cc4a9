"""The geometry of a batch's frames as tensors: of green, which the finished picture follows, and of red and blue beside it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from isp_env.lens.geometry import GREEN, TERMS, LensGeometry, largest_move_px, lateral_of
from isp_env.lens.resample import REACH_PX


@dataclass(frozen=True)
class GeometryBatch:
    """Fields as `LensGeometry`'s, but for `radial`, which lacks the 1 of no distortion, and `drawn_to_px`, from the axis in
    the corrected picture to where the lens drew it: moves are small, and keep their digits so."""

    radial: Float[Tensor, "batch terms"]
    tangential: Float[Tensor, "batch 2"]
    drawn_centre_px: Float[Tensor, "batch 2"]
    drawn_to_px: Float[Tensor, "batch 2"]
    radius_px: Float[Tensor, "batch 2"]
    held: Float[Tensor, "batch 2"]

    @classmethod
    def stack(
        cls, geometries: Sequence[LensGeometry | None], device: str | torch.device = "cpu", plane: int = GREEN
    ) -> "GeometryBatch":
        """Return the batch of one plane's; a frame without any shows every pixel where it is."""
        plain = np.eye(1, TERMS)[0]
        none = LensGeometry(np.stack([plain] * 3), np.zeros((3, 2)), (0.0, 0.0), (0.0, 0.0), (1.0, 1.0))
        known = [each or none for each in geometries]

        def tensor(values: list) -> Tensor:
            return torch.tensor(np.array(values), dtype=torch.float32, device=device)

        return cls(
            radial=tensor([each.radial[plane] - plain for each in known]),
            tangential=tensor([each.tangential[plane] for each in known]),
            drawn_centre_px=tensor([each.drawn_centre_px for each in known]),
            drawn_to_px=tensor([np.subtract(each.centre_px, each.drawn_centre_px) for each in known]),
            radius_px=tensor([each.radius_px for each in known]),
            held=tensor([each.held for each in known]),
        )

    def cropped(self, top: Tensor | int, left: Tensor | int) -> "GeometryBatch":
        """Return the geometry of a part of the frames that begins at this row and column, shown at its own place."""
        corner = torch.stack([torch.as_tensor(each, device=self.radial.device) for each in (top, left)], -1)
        return replace(self, drawn_centre_px=self.drawn_centre_px - corner)

    def halved(self) -> "GeometryBatch":
        """Return the geometry of every second row and column, from the first on."""
        halves = (self.drawn_centre_px / 2, self.drawn_to_px / 2, self.radius_px / 2)
        return GeometryBatch(self.radial, self.tangential, *halves, self.held)

    def map(self, change: Callable[[Tensor], Tensor]) -> "GeometryBatch":
        """Return the batch with every tensor changed: taken from, or moved to a device."""
        return GeometryBatch(*(change(getattr(self, field.name)) for field in fields(self)))


@dataclass(frozen=True)
class LateralBatch:
    """Where red and blue lie beside green, for each place of the frames; at most `reach_px` rows or columns are looked at."""

    red: GeometryBatch
    blue: GeometryBatch
    reach_px: int

    @classmethod
    def stack(
        cls, frames: Sequence[tuple[LensGeometry | None, tuple[int, int]]], device: str | torch.device = "cpu"
    ) -> "LateralBatch | None":
        """Return the batch of frames' geometries and sizes; None if no colour lies beside green."""
        known = [each and lateral_of(each) for each, _ in frames]
        if not any(known):
            return None
        farthest = max(
            largest_move_px(each, plane, *size)
            for each, (_, size) in zip(known, frames, strict=True)
            for plane in (0, 2)
            if each
        )
        reach = int(farthest) + 1 + 2 * REACH_PX  # samples of one colour are two pixels apart
        return cls(GeometryBatch.stack(known, device, 0), GeometryBatch.stack(known, device, 2), reach)

    def cropped(self, top: int, left: int) -> "LateralBatch":
        """Return the same of a part of the frames that begins at this row and column."""
        return LateralBatch(self.red.cropped(top, left), self.blue.cropped(top, left), self.reach_px)

    def map(self, change: Callable[[Tensor], Tensor]) -> "LateralBatch":
        """Return the batch with every tensor changed: taken from, or moved to a device."""
        return LateralBatch(self.red.map(change), self.blue.map(change), self.reach_px)
