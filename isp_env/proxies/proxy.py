"""Small frames that tell the truth about the large ones: prepared and demosaiced at full size, then averaged over areas; once as
they are, and once denoised before demosaicing.

The large picture goes by in strips: of a 45 MP frame no full-size float copy is made.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from attiqa_core.tensors import LinearRgb
from isp_env.camera_rgb.denoised import denoised_samples
from isp_env.camera_rgb.prepared import prepare
from isp_env.frames.batch import FrameBatch
from isp_env.frames.raw_samples import RawSamples
from isp_env.native import kernel
from isp_env.proxies.area import area_weights, narrowed
from isp_env.stages import defects, denoise
from isp_env.stages.demosaic import REACH_PX, demosaic
from isp_env.stages.mosaic import per_plane, unpack
from isp_env.stages.proxy_denoise import REFERENCE_STRENGTHS

_REACH_PX = defects.REACH_PX + REACH_PX["menon"]
STRIP_SAMPLES = 1_000_000
SHORTEST_PX = 16  # short edge of a proxy by area, however long the frame: filters need some room

AS_IT_IS, DENOISED, MEASURED = slice(0, 3), slice(3, 6), slice(6, None)
"""Channels of what is averaged: camera RGB, the same of the denoised frame, and what was measured of the former."""

Measure = Callable[[LinearRgb, Tensor], Tensor]
"""From full-size camera RGB and white-balance gains to what else is averaged: (1, channels, height, width)."""


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

    def of_rows(self, picture: np.ndarray) -> np.ndarray:
        """Return that part of a picture (H, W) or (H, W, channels)."""
        return picture[self.top : self.bottom, self.left : self.right]


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
    measure: Measure | None = None,
    *,
    by_running_sums: bool = False,
) -> np.ndarray:
    """Return (height, width, channels) linear camera RGB of a window at another size: each pixel the mean over its area.

    Channels are AS_IT_IS, DENOISED and MEASURED, what `measure` makes of the full-size RGB and the as-shot gains. Defects and
    clipped highlights are seen to beforehand, so that values may exceed 1. Enlarging is bilinear. `by_running_sums` is faster
    where many pixels are wanted, and differs by rounding.
    """
    columns = None if by_running_sums else torch.from_numpy(area_weights(window.width, size[1])).T
    about = without_samples(frame)
    parts = []
    for weights, strip in strips(window, size[0]):
        planes = list(linear_camera_rgb(frame, about, strip))
        if measure is not None:
            planes.append(measure(planes[0], about.wb_as_shot))
        rows = torch.cat([weights @ each[0] for each in planes])
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


def linear_camera_rgb(frame: RawSamples, about: FrameBatch, window: Window) -> tuple[LinearRgb, LinearRgb]:
    """Return a window as the full-size render sees it before white balance, as it is and denoised.

    Demosaicing happens in balanced light, the as-shot gains are divided out again: edges then are grey to it.
    """
    around = _around(window, _REACH_PX + denoise.reach_px(about.sensor_noise))
    if (native := kernel.demosaiced(_part(frame, around), REFERENCE_STRENGTHS)) is not None:
        as_it_is, denoised = native
    else:
        prepared = prepare(_seen(frame, about, around))
        strengths = [torch.tensor([each]) for each in REFERENCE_STRENGTHS]
        as_it_is = _demosaiced(prepared.samples, about)
        denoised = _demosaiced(denoised_samples(prepared, strengths), about)
    return _inner(as_it_is, window, around), _inner(denoised, window, around)


def _demosaiced(samples: Tensor, about: FrameBatch) -> LinearRgb:
    if samples.shape[1] == 3:
        return samples
    gains = about.wb_as_shot
    block = unpack(per_plane(gains), about.cfa_index)
    balanced = samples * block.repeat(1, 1, samples.shape[2] // 2, samples.shape[3] // 2)
    return demosaic(balanced, about.cfa_index) / gains[:, :, None, None]


def prepared_samples(frame: RawSamples, about: FrameBatch, window: Window) -> Tensor:
    """Return (1, channels, height, width) of a window, prepared as the whole frame would be."""
    around = _around(window, defects.REACH_PX)
    return _inner(prepare(_seen(frame, about, around)).samples, window, around)


def _seen(frame: RawSamples, about: FrameBatch, window: Window) -> FrameBatch:
    shading = about.shading and about.shading.cropped(window.top, window.left)
    denoised = (
        None if frame.denoised is None else torch.from_numpy(window.of_rows(frame.denoised)).permute(2, 0, 1)[None]
    )
    return replace(about, samples=samples_in(frame, window), denoised=denoised, shading=shading)


def _part(frame: RawSamples, window: Window) -> RawSamples:
    return replace(
        frame,
        samples=window.of_rows(frame.samples),
        shading=frame.shading and frame.shading.cropped(window.top, window.left),
    )


def samples_in(frame: RawSamples, window: Window) -> Tensor:
    """Return the normalised samples of a window as (1, channels, height, width); its top and left are even."""
    samples = torch.from_numpy(_part(frame, window).normalised())
    return samples[None, None] if frame.is_mosaic else samples.permute(2, 0, 1)[None]


def without_samples(frame: RawSamples) -> FrameBatch:
    """Return all that a batch of the frame alone holds but its samples: finding the light takes longer than a strip."""
    return FrameBatch.stack([frame.corner()])


def _around(window: Window, reach_px: int) -> Window:
    """The window with so much beyond it, from even rows and columns on: the CFA's phase is kept."""
    top, left = (max(0, start - reach_px) // 2 * 2 for start in (window.top, window.left))
    return Window(top, left, window.bottom + reach_px, window.right + reach_px)


def _inner(planes: Tensor, window: Window, around: Window) -> Tensor:
    top, left = window.top - around.top, window.left - around.left
    return planes[..., top : top + window.height, left : left + window.width]
