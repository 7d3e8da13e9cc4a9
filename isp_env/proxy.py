"""Small frames that tell the truth about the large ones: prepared and demosaiced at full size, then averaged over areas.

The large picture goes by in strips: of a 45 MP frame no full-size float copy is made.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from attiqa_core.tensors import LinearRgb
from isp_env.area import area_weights, narrowed
from isp_env.frame_batch import FrameBatch
from isp_env.native import kernel
from isp_env.pipeline import prepare
from isp_env.raw_samples import RawSamples
from isp_env.stages import defects
from isp_env.stages.demosaic import REACH_PX, demosaic
from isp_env.stages.mosaic import per_plane, unpack

_REACH_PX = defects.REACH_PX + REACH_PX["menon"]
HALO_PX = _REACH_PX + _REACH_PX % 2  # what a strip sees beyond itself; even, to keep the CFA's phase
STRIP_SAMPLES = 1_000_000
SHORTEST_PX = 16  # short edge of a proxy by area, however long the frame: filters need some room

Measure = Callable[[LinearRgb, Tensor], Tensor]
"""From full-size camera RGB and white-balance gains to what is averaged: (1, channels, height, width)."""


def as_it_is(rgb: LinearRgb, gains: Tensor) -> Tensor:
    """Return the RGB alone."""
    del gains
    return rgb


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

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    def of(self, images: Tensor) -> Tensor:
        """Return that part of pictures (..., H, W)."""
        return images[..., self.top : self.bottom, self.left : self.right]


def whole(frame: RawSamples) -> Window:
    """Return the window of all samples."""
    return Window(0, 0, *frame.samples.shape[:2])


def centre_square(frame: RawSamples) -> Window:
    """Return the largest centred square."""
    height, width = frame.samples.shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    return Window(top, left, top + edge, left + edge)


def proxy_size(window: Window, px: int, *, by_area: bool) -> tuple[int, int]:
    """Return height and width of a proxy: `px` is its short edge, or with `by_area` the side of a square of its area.

    By area both are even, so that frames of nearly one shape have one size, and no less than SHORTEST_PX.
    """
    short_edge = min(window.height, window.width)
    if not by_area:
        return max(1, round(window.height * px / short_edge)), max(1, round(window.width * px / short_edge))
    factor = max(px / (window.height * window.width) ** 0.5, SHORTEST_PX / short_edge)
    return 2 * round(window.height * factor / 2), 2 * round(window.width * factor / 2)


def is_of_area(size: tuple[int, int], px: int) -> bool:
    """Return whether `proxy_size` may have made this size by area: each side is within a pixel of what it would be."""
    height, width = size
    return abs(height * width - px * px) <= height + width + 1 or min(size) == SHORTEST_PX


def averaged(
    frame: RawSamples,
    window: Window,
    size: tuple[int, int],
    measure: Measure = as_it_is,
    *,
    by_running_sums: bool = False,
) -> np.ndarray:
    """Return (height, width, channels) linear camera RGB of a window at another size: each pixel the mean over its area.

    Defects and clipped highlights are seen to beforehand, so that values may exceed 1. Enlarging is bilinear. `measure` may
    add channels to the full-size RGB; it is also given the as-shot gains. `by_running_sums` is faster where many pixels are
    wanted, and differs by rounding.
    """
    columns = None if by_running_sums else torch.from_numpy(area_weights(window.width, size[1])).T
    about = without_samples(frame)
    parts = []
    for weights, strip in strips(window, size[0]):
        rgb = linear_camera_rgb(frame, about, strip)
        rows = weights @ measure(rgb, about.wb_as_shot)[0]
        parts.append(narrowed(rows, size[1]) if columns is None else rows @ columns)
    return np.ascontiguousarray(torch.cat(parts, 1).permute(1, 2, 0).numpy())


def strips(window: Window, rows: int) -> Iterator[tuple[Tensor, Window]]:
    """Return, for some of `rows` output rows after another, their weights and the part of the window that they average."""
    weights = torch.from_numpy(area_weights(window.height, rows))
    group = max(1, STRIP_SAMPLES * rows // (window.height * window.width))
    for some in weights.split(group):
        (used,) = some.any(0).nonzero(as_tuple=True)
        first, last = int(used[0]), int(used[-1])
        yield some[:, first : last + 1], window._replace(top=window.top + first, bottom=window.top + last + 1)


def linear_camera_rgb(frame: RawSamples, about: FrameBatch, window: Window) -> LinearRgb:
    """Return (1, 3, height, width) of a window as the full-size render sees it before white balance.

    Demosaicing happens in balanced light, the as-shot gains are divided out again: edges then are grey to it.
    """
    around = _around(window)
    if (native := kernel.demosaiced(_part(frame, around))) is not None:
        return _inner(native, window, around)
    rgb = prepare(_seen(frame, about, around)).samples
    if frame.is_mosaic:
        gains = about.wb_as_shot
        block = unpack(per_plane(gains), about.cfa_index)
        balanced = rgb * block.repeat(1, 1, rgb.shape[2] // 2, rgb.shape[3] // 2)
        rgb = demosaic(balanced, about.cfa_index) / gains[:, :, None, None]
    return _inner(rgb, window, around)


def prepared_samples(frame: RawSamples, about: FrameBatch, window: Window) -> Tensor:
    """Return (1, channels, height, width) of a window, prepared as the whole frame would be."""
    around = _around(window)
    return _inner(prepare(_seen(frame, about, around)).samples, window, around)


def _seen(frame: RawSamples, about: FrameBatch, window: Window) -> FrameBatch:
    shading = about.shading and about.shading.cropped(window.top, window.left)
    return replace(about, samples=samples_in(frame, window), shading=shading)


def _part(frame: RawSamples, window: Window) -> RawSamples:
    samples = frame.samples[window.top : window.bottom, window.left : window.right]
    return replace(frame, samples=samples, shading=frame.shading and frame.shading.cropped(window.top, window.left))


def samples_in(frame: RawSamples, window: Window) -> Tensor:
    """Return the normalised samples of a window as (1, channels, height, width); its top and left are even."""
    samples = torch.from_numpy(_part(frame, window).normalised())
    return samples[None, None] if frame.is_mosaic else samples.permute(2, 0, 1)[None]


def without_samples(frame: RawSamples) -> FrameBatch:
    """Return all that a batch of the frame alone holds but its samples: finding the light takes longer than a strip."""
    return FrameBatch.stack([replace(frame, samples=frame.samples[:2, :2])])


def _around(window: Window) -> Window:
    """The window with what preparing and demosaicing look at beyond it, from even rows and columns on."""
    top, left = (max(0, start - HALO_PX) // 2 * 2 for start in (window.top, window.left))
    return Window(top, left, window.bottom + HALO_PX, window.right + HALO_PX)


def _inner(planes: Tensor, window: Window, around: Window) -> Tensor:
    top, left = window.top - around.top, window.left - around.left
    return planes[..., top : top + window.height, left : left + window.width]
