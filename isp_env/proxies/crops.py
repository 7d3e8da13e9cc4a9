"""Native-resolution windows beside a proxy: where sharpening and denoising show, which averaging hides.

One lies where detail is largest, one on a flat of middle brightness, where noise shows, a third on other detail.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from attiqa_core.tensors import Crops, Images, LinearRgb
from isp_env.frames.batch import FrameBatch
from isp_env.frames.raw_samples import FULL_WHITE, NO_BLACK, Crop, RawSamples
from isp_env.lens.geometry import lateral_of
from isp_env.params import IspParams
from isp_env.pipeline import render_prepared
from isp_env.proxies.proxy import AS_IT_IS, MEASURED, Window, prepared_samples, without_samples
from isp_env.proxies.undistorted import source_corner
from isp_env.stages.clarity import Base
from isp_env.stages.clarity import cell_px as clarity_cell_px
from isp_env.stages.highlights import CLIP_START

KINDS = ("detail", "flat", "detail")
"""What is looked for, in order: of `n` crops the first n."""

MID_GREY = 0.18
CLIPPING_COST = 50.0  # doublings of detail for a window that is all clipped: 2 % of it cost one
OVERLAP_COST = 1000.0
SMALLEST_DETAIL = 1e-5
CELL_PX = 8  # of the clarity base as a crop holds it: finer than the proxy's cells, of which it is an interpolation


def detail_and_clipping(rgb: LinearRgb, gains: Float[Tensor, "batch 3"]) -> Float[Tensor, "batch 2 height width"]:
    """Return camera RGB's detail and where it is clipped, to be averaged: what `chosen` chooses by.

    Detail is the mean absolute difference of neighbours in the square root of balanced light, where shot noise is as large
    in the dark as in the bright.
    """
    root = (rgb * gains[:, :, None, None]).mean(1, keepdim=True).clamp_min(0).sqrt()
    detail = torch.zeros_like(root)
    detail[..., :-1] += (root[..., 1:] - root[..., :-1]).abs() / 2
    detail[..., :-1, :] += (root[..., 1:, :] - root[..., :-1, :]).abs() / 2
    clipped = (rgb.amax(1, keepdim=True) > CLIP_START).to(rgb.dtype)
    return torch.cat([detail, clipped], 1)


def cut(frame: RawSamples, window: Window, measured: np.ndarray, count: int, edge: int) -> tuple[Crop, ...]:
    """Return `count` crops of a frame inside `window`, the proxy's, of which `measured` are the averages, with `detail_and_clipping`.

    `edge` is at most that of the window, and even, as are rows and columns: the CFA's phase is kept. The same frame gives
    the same crops.
    """
    first = (window.top + window.top % 2, window.left + window.left % 2)
    room = [end // 2 * 2 - start for start, end in zip(first, (window.bottom, window.right), strict=True)]
    edge = min(edge // 2 * 2, *room)
    step = window.height / measured.shape[0]
    about, beside = without_samples(frame), frame.geometry and lateral_of(frame.geometry)
    crops = []
    for place in chosen(frame, measured, count, edge / step):
        top, left = (
            start + min(int(each * step) // 2 * 2, free - edge)
            for start, each, free in zip(first, place, room, strict=True)
        )
        drawn = top, left
        if frame.geometry is not None:
            top, left = source_corner(frame.geometry, drawn, edge, frame.samples.shape[:2])
        samples = prepared_samples(frame, about, Window(top, left, top + edge, left + edge))
        part = replace(
            frame,
            samples=(samples[0, 0] if frame.is_mosaic else samples[0].permute(1, 2, 0)).contiguous().numpy(),
            black_level_dn=NO_BLACK,
            white_level_dn=FULL_WHITE,
            shading=frame.shading and frame.shading.cropped(top, left),
            geometry=beside and beside.cropped(top, left),
            optical_centre_px=frame.optical_centre_from(top, left),
            prepared=True,
        )
        crops.append(Crop(part, ((drawn[0] - window.top) / step, (drawn[1] - window.left) / step), step))
    return tuple(crops)


def chosen(frame: RawSamples, measured: np.ndarray, count: int, edge: float) -> list[tuple[int, int]]:
    """Return row and column, in pixels of the proxy, of `count` windows of `edge` such pixels."""
    size = max(1, min(int(edge), *measured.shape[:2]))
    light = (measured[..., AS_IT_IS] * frame.wb_as_shot).mean(-1) * 2**frame.baseline_exposure_ev
    level, detail, clipped = (
        _window_means(each, size) for each in (light, *np.moveaxis(measured[..., MEASURED], -1, 0))
    )
    doublings = np.log2(np.maximum(detail, SMALLEST_DETAIL))
    off_grey = np.abs(np.log2(np.maximum(level, SMALLEST_DETAIL) / MID_GREY))
    worth = {"detail": doublings - CLIPPING_COST * clipped, "flat": -doublings - off_grey - CLIPPING_COST * clipped}
    taken = np.zeros_like(detail)
    places = []
    for kind in KINDS[:count]:
        row, column = np.unravel_index(np.argmax(worth[kind] - OVERLAP_COST * taken), taken.shape)
        places.append((int(row), int(column)))
        taken += np.outer(*(_overlap(length, at, size) for length, at in zip(taken.shape, places[-1], strict=True)))
    return places


def _window_means(plane: np.ndarray, size: int) -> np.ndarray:
    sums = np.pad(plane.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    return (sums[size:, size:] - sums[:-size, size:] - sums[size:, :-size] + sums[:-size, :-size]) / size**2


def _overlap(length: int, place: int, size: int) -> np.ndarray:
    """The share of a window's side that lies over one at `place`, for each place along an axis."""
    return np.maximum(1 - np.abs(np.arange(length) - place) / size, 0)


@dataclass(frozen=True)
class CropBatch:
    """The crops of N raws, K each and all of one size, a raw's one after another, as batches of mosaics and of RGB.

    `kinds`: which of `frames` a crop is in, `places`: where in it. `down`, `across`: from the clarity base's cells of each
    crop's proxy to the crop's own.
    """

    frames: tuple[FrameBatch, ...]
    kinds: Int[Tensor, " crops"]
    places: Int[Tensor, " crops"]
    down: Float[Tensor, "crops cells proxy_rows"]
    across: Float[Tensor, "crops cells proxy_columns"]
    count: int

    @classmethod
    def stack(cls, proxies: Sequence[RawSamples], device: str | torch.device = "cpu") -> "CropBatch":
        """Return the crops that proxies of one size carry, the same number each, cut to the smallest."""
        crops = [crop for proxy in proxies for crop in proxy.crops]
        side = smallest_edge(proxies)
        crops = [crop.centre(side) for crop in crops]
        are_mosaics = [crop.frame.is_mosaic for crop in crops]
        kinds = sorted(set(are_mosaics))
        size = proxies[0].samples.shape[:2]
        cell = clarity_cell_px(*size)
        down, across = (
            torch.stack([_to_own_cells(crop, axis, side, cell, -(-size[axis] // cell)) for crop in crops]).to(device)
            for axis in (0, 1)
        )
        seen = {kind: [i for i, is_mosaic in enumerate(are_mosaics) if is_mosaic == kind] for kind in kinds}
        return cls(
            tuple(FrameBatch.stack([crops[i].frame for i in seen[kind]], device) for kind in kinds),
            torch.tensor([kinds.index(is_mosaic) for is_mosaic in are_mosaics], device=device),
            torch.tensor([seen[is_mosaic].index(i) for i, is_mosaic in enumerate(are_mosaics)], device=device),
            down,
            across,
            len(crops) // len(proxies),
        )

    def render(self, ids: Int[Tensor, " batch"], params: IspParams, base: Base) -> Crops:
        """Return the renders of the crops of the given raws under their parameters; `base` is their proxies'."""
        rows = (ids[:, None] * self.count + torch.arange(self.count, device=ids.device)).flatten()
        params = params.repeat(self.count)
        whole = base.coefficients.repeat_interleave(self.count, 0)
        own = self.down[rows][:, None] @ whole @ self.across[rows][:, None].mT
        if len(self.frames) == 1:
            return _render(self.frames[0].take(self.places[rows]), params, own, base)
        parts, wheres = [], []
        for kind, frames in enumerate(self.frames):
            (where,) = (self.kinds[rows] == kind).nonzero(as_tuple=True)
            if len(where):
                parts.append(_render(frames.take(self.places[rows][where]), params.take(where), own[where], base))
                wheres.append(where)
        return torch.cat(parts)[torch.cat(wheres).argsort()]


def smallest_edge(proxies: Sequence[RawSamples]) -> int:
    """Return the side of the smallest crop that any of these proxies carries."""
    return min(crop.frame.samples.shape[0] for proxy in proxies for crop in proxy.crops)


def _render(frames: FrameBatch, params: IspParams, coefficients: Tensor, base: Base) -> Images:
    own = replace(base, coefficients=coefficients, cell_px=CELL_PX)
    return render_prepared(frames, params, base=own, origin=(CELL_PX, CELL_PX), crops=True)[0]


def _to_own_cells(crop: Crop, axis: int, edge: int, cell: int, cells: int) -> Float[Tensor, "own_cells cells"]:
    """Interpolation from the cells of the proxy's base to cells of CELL_PX, of which one more lies on each side of the crop."""
    own = torch.arange(-1, -(-edge // CELL_PX) + 1)
    place = (crop.place[axis] + (own + 0.5) * CELL_PX / crop.proxy_px) / cell - 0.5
    distance = place.clamp(0, cells - 1)[:, None] - torch.arange(cells)
    return (1 - distance.abs()).clamp_min(0).float()
