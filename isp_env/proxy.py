"""Small frames that tell the truth about the large ones: prepared and demosaiced at full size, then averaged over areas.

The large picture goes by in strips: of a 45 MP frame no full-size float copy is made.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from attiqa_core.tensors import LinearRgb
from isp_env.area import area_weights
from isp_env.frame_batch import FrameBatch
from isp_env.pipeline import prepare
from isp_env.raw_samples import RawSamples
from isp_env.stages.demosaic import demosaic
from isp_env.stages.mosaic import per_plane, unpack

HALO_PX = 8  # more than defects and demosaicing reach together; even, to keep the CFA's phase
STRIP_SAMPLES = 1_000_000


class Window(NamedTuple):
    """A rectangle of a frame in pixels; `bottom` and `right` lie just outside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def height(self) -> int:
        return self.bottom - self.top

    @property
    def width(self) -> int:
        return self.right - self.left


def whole(frame: RawSamples) -> Window:
    """Return the window of all samples."""
    return Window(0, 0, *frame.samples.shape[:2])


def centre_square(frame: RawSamples) -> Window:
    """Return the largest centred square."""
    height, width = frame.samples.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    return Window(top, left, top + edge, left + edge)


def averaged_rgb(frame: RawSamples, window: Window, size: tuple[int, int]) -> np.ndarray:
    """Return (height, width, 3) linear camera RGB of a window at another size: each pixel the mean over its area.

    Defects and clipped highlights are seen to beforehand, so that values may exceed 1. Enlarging is bilinear.
    """
    columns = torch.from_numpy(area_weights(window.width, size[1])).T
    parts = [weights @ rgb @ columns for weights, rgb in strips(frame, window, size[0])]
    return np.ascontiguousarray(torch.cat(parts, 1).permute(1, 2, 0).numpy())


def strips(frame: RawSamples, window: Window, rows: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Return, for some of `rows` output rows after another, their weights and the (3, height, width) that they average."""
    about = without_samples(frame)
    weights = torch.from_numpy(area_weights(window.height, rows))
    group = max(1, STRIP_SAMPLES * rows // (window.height * window.width))
    for some in weights.split(group):
        (used,) = some.any(0).nonzero(as_tuple=True)
        first, last = int(used[0]), int(used[-1])
        strip = window._replace(top=window.top + first, bottom=window.top + last + 1)
        yield some[:, first : last + 1], linear_camera_rgb(frame, about, strip)[0]


def linear_camera_rgb(frame: RawSamples, about: FrameBatch, window: Window) -> LinearRgb:
    """Return (1, 3, height, width) of a window as the full-size render sees it before white balance.

    Demosaicing happens in balanced light, the as-shot gains are divided out again: edges then are grey to it.
    """
    top, left = (max(0, start - HALO_PX) // 2 * 2 for start in (window.top, window.left))
    around = Window(top, left, window.bottom + HALO_PX, window.right + HALO_PX)
    rgb = prepare(replace(about, samples=samples_in(frame, around))).samples
    if frame.is_mosaic:
        gains = about.wb_as_shot
        block = unpack(per_plane(gains), about.cfa_index)
        balanced = rgb * block.repeat(1, 1, rgb.shape[2] // 2, rgb.shape[3] // 2)
        rgb = demosaic(balanced, about.cfa_index) / gains[:, :, None, None]
    return rgb[..., window.top - top : window.bottom - top, window.left - left : window.right - left]


def samples_in(frame: RawSamples, window: Window) -> Tensor:
    """Return the normalised samples of a window as (1, channels, height, width); its top and left are even."""
    part = frame.samples[window.top : window.bottom, window.left : window.right]
    samples = torch.from_numpy(replace(frame, samples=part).normalised())
    return samples[None, None] if frame.is_mosaic else samples.permute(2, 0, 1)[None]


def without_samples(frame: RawSamples) -> FrameBatch:
    """Return all that a batch of the frame alone holds but its samples: finding the light takes longer than a strip."""
    return FrameBatch.stack([replace(frame, samples=frame.samples[:2, :2])])
