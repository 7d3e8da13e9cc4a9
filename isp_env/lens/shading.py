"""Lens shading: a small grid of gains per CFA colour that makes the corners as bright as the lens's centre.

It is kept beside the samples, not multiplied into them: clipping and noise are recognised at the sensor's own levels.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class LensShading:
    """Gains on knots of the upright picture, bilinear between them and constant beyond.

    `gains`: (4, rows, columns) of R, G in red rows, G in blue rows and B; `first_px`: row and column of the first knot
    in pixels of the frame, whose first pixel has its centre at 0.5; `spacing_px`: rows and columns from knot to knot.
    """

    gains: np.ndarray
    first_px: tuple[float, float]
    spacing_px: tuple[float, float]

    def cropped(self, top: float, left: float) -> "LensShading":
        """Return the shading of a part of the frame that begins at this row and column."""
        return replace(self, first_px=(self.first_px[0] - top, self.first_px[1] - left))

    def resized(self, row_factor: float, column_factor: float) -> "LensShading":
        """Return the shading of the frame resampled to so many times its rows and columns."""
        (row, column), (down, across) = self.first_px, self.spacing_px
        return replace(
            self,
            first_px=(row * row_factor, column * column_factor),
            spacing_px=(down * row_factor, across * column_factor),
        )

    def oriented(self, flip: int, height: int, width: int) -> "LensShading":
        """Return the shading of a height x width frame turned upright by LibRaw's flip bits, as `sensor.cfa.orient` does.

        Turning by 90 degrees makes rows of columns, and so exchanges the two greens.
        """
        gains, (row, column), (down, across) = self.gains, self.first_px, self.spacing_px
        if flip & 1:
            gains, column = gains[:, :, ::-1], width - column - across * (gains.shape[2] - 1)
        if flip & 2:
            gains, row = gains[:, ::-1], height - row - down * (gains.shape[1] - 1)
        if flip & 4:
            gains = gains.swapaxes(1, 2)[[0, 2, 1, 3]]
            row, column, down, across = column, row, across, down
        return LensShading(np.ascontiguousarray(gains), (row, column), (down, across))


NO_SHADING = LensShading(
    np.ones((4, 1, 1), np.float32), (0.0, 0.0), (math.inf, math.inf)
)  # every place is at the first knot


@dataclass(frozen=True)
class ShadingBatch:
    """The shading of a batch's frames as tensors; fields as `LensShading`'s."""

    gains: Float[Tensor, "batch 4 rows columns"]
    first_px: Float[Tensor, "batch 2"]
    spacing_px: Float[Tensor, "batch 2"]

    @classmethod
    def stack(cls, shadings: Sequence[LensShading | None], device: str | torch.device) -> "ShadingBatch | None":
        """Return the batch, None if no frame has any; smaller grids get more knots with the gains of their last."""
        if not any(shadings):
            return None
        known = [each or NO_SHADING for each in shadings]
        rows, columns = (max(each.gains.shape[axis] for each in known) for axis in (1, 2))
        grids = [
            np.pad(each.gains, ((0, 0), (0, rows - each.gains.shape[1]), (0, columns - each.gains.shape[2])), "edge")
            for each in known
        ]
        return cls(
            gains=torch.from_numpy(np.stack(grids)).to(device),
            first_px=torch.tensor([each.first_px for each in known], dtype=torch.float32, device=device),
            spacing_px=torch.tensor([each.spacing_px for each in known], dtype=torch.float32, device=device),
        )

    def cropped(self, top: int, left: int) -> "ShadingBatch":
        """Return the shading of a part of the frames that begins at this row and column."""
        return replace(self, first_px=self.first_px - self.first_px.new_tensor([top, left]))

    def map(self, change: Callable[[Tensor], Tensor]) -> "ShadingBatch":
        """Return the batch with every tensor changed: taken from, or moved to a device."""
        return ShadingBatch(change(self.gains), change(self.first_px), change(self.spacing_px))
