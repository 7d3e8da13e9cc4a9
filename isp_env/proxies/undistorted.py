"""Small frames of a corrected picture: averaged first, each colour put where it belongs then, at twice the size that is wanted.

Of the full size nothing is moved: half a pixel of a proxy is many of the frame's.
"""

import numpy as np
import torch

from isp_env.frames.raw_samples import RawSamples
from isp_env.lens.geometry import GREEN, LensGeometry
from isp_env.lens.geometry_batch import GeometryBatch
from isp_env.proxies.proxy import MEASURED, Measure, Window, averaged, whole
from isp_env.stages.geometry import warped

OVERSAMPLING = 2  # what cubic interpolation loses near the finest detail, averaging takes away


def averaged_undistorted(
    frame: RawSamples,
    geometry: LensGeometry,
    window: Window,
    size: tuple[int, int],
    measure: Measure | None = None,
) -> np.ndarray:
    """Return what `proxy.averaged` does, of a window of the frame's corrected picture; what lies beyond the frame is black.

    Colours move in the square root of their light, so that lamps have no black rings.
    """
    height, width = frame.samples.shape[:2]
    times = OVERSAMPLING if size[0] * OVERSAMPLING <= window.height else 1
    finer = times * size[0], times * size[1]
    down, across = finer[0] / window.height, finer[1] / window.width
    all_of_it = max(finer[0], round(height * down)), max(finer[1], round(width * across))
    light = torch.from_numpy(
        averaged(frame, whole(frame), all_of_it, measure, by_running_sums=all_of_it[1] <= width)
    ).permute(2, 0, 1)
    small = geometry.resized(all_of_it[0] / height, all_of_it[1] / width).shown_from(
        round(window.top * down), round(window.left * across)
    )
    roots = light.sign() * light.abs().sqrt()
    moved = torch.cat(
        [
            _moved(roots[each : each + 1], small, each % 3 if each < MEASURED.start else GREEN)
            for each in range(len(roots))
        ]
    )
    moved = (moved.sign() * moved.square())[:, : finer[0], : finer[1]]
    mean = torch.nn.functional.avg_pool2d(moved[None], times)[0]
    return np.ascontiguousarray(mean.permute(1, 2, 0).numpy())


def _moved(plane: torch.Tensor, geometry: LensGeometry, colour: int) -> torch.Tensor:
    return warped(plane[None], GeometryBatch.stack([geometry], plane=colour))[0]


def source_corner(geometry: LensGeometry, corner: tuple[int, int], edge: int, size: tuple[int, int]) -> tuple[int, int]:
    """Return the even row and column of the frame's square that has its middle where that of the corrected picture's came from."""
    row, column = (np.array(start + edge / 2 - 0.5) for start in corner)
    top, left = (
        min(max(round((float(place) - edge / 2 + 0.5) / 2) * 2, 0), (length - edge) // 2 * 2)
        for place, length in zip(geometry.source_px(row, column), size, strict=True)
    )
    return top, left
