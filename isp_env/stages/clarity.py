"""The edge-preserving base of log luma that tone acts on, and clarity: gain of the detail over it.

The base is a fast guided filter (He, Sun, arXiv 1505.00996): linear coefficients are found on a grid of some 56 cells along
the short edge, whatever the render size, so that a proxy, a tile and the whole picture agree.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import PerImage
from isp_env.stages.tone import Stops

GRID_SHORT_EDGE = 56
WINDOW_CELLS = 5
EDGE_VARIANCE = 0.25  # (0.5 EV)^2: steps of more than this stay in the base
LARGEST_DETAIL_EV = 1.5  # detail saturates towards this, so that what leaks at an edge makes no halo

Coefficients = Float[Tensor, "batch 2 rows columns"]
"""Slope and offset of base = slope * stops + offset, per cell."""


@dataclass(frozen=True)
class Base:
    """The guided filter of a whole picture; `cell_px` is the edge of one grid cell in pixels of the render."""

    coefficients: Coefficients
    cell_px: int


def cell_px(height: int, width: int, multiple: int = 1) -> int:
    """Return the edge of one grid cell in pixels, a multiple of `multiple`."""
    return multiple * max(1, round(min(height, width) / GRID_SHORT_EDGE / multiple))


def base_coefficients(cell_stops: Stops) -> Coefficients:
    """Return the guided filter's coefficients for each cell of a small picture of log luma, guided by itself."""
    moments = _window_mean(torch.cat([cell_stops, cell_stops.square()], 1))
    mean, variance = moments[:, :1], (moments[:, 1:] - moments[:, :1].square()).clamp_min(0)
    slope = variance / (variance + EDGE_VARIANCE)
    return _window_mean(torch.cat([slope, (1 - slope) * mean], 1))


def base_stops(stops: Stops, base: Base, origin: tuple[int, int] = (0, 0)) -> Stops:
    """Return the edge-preserving base of log luma; `origin`: the row and column where `stops` begins in the whole picture."""
    coefficients = base.coefficients
    up = interpolation(origin[0], stops.shape[-2], coefficients.shape[-2], base.cell_px, stops)
    across = interpolation(origin[1], stops.shape[-1], coefficients.shape[-1], base.cell_px, stops)
    slope, offset = (up @ coefficients @ across.T).split(1, 1)
    return torch.addcmul(offset, slope, stops)


def added_detail(detail: Stops, clarity: PerImage) -> Stops:
    """Return what clarity adds to log luma: `detail`, limited, times 2^clarity - 1; nothing at 0."""
    limited = detail * (1 + (detail * (1 / LARGEST_DETAIL_EV)).square()).rsqrt()
    return limited * (torch.exp2(clarity) - 1)[:, None, None, None]


def interpolation(start: int, length: int, cells: int, cell: int, like: Tensor) -> Float[Tensor, "length cells"]:
    """Return the matrix that interpolates linearly from cell centres to the pixels from `start` on."""
    place = (torch.arange(start, start + length, device=like.device) + 0.5) / cell - 0.5
    distance = place.clamp(0, cells - 1)[:, None] - torch.arange(cells, device=like.device)
    return (1 - distance.abs()).clamp_min(0).to(like.dtype)


def _window_mean(planes: Tensor) -> Tensor:
    """Mean over WINDOW_CELLS x WINDOW_CELLS cells, fewer at the border; two small products beat pooling on the CPU."""
    height, width = planes.shape[-2:]
    return _band(height, planes) @ planes @ _band(width, planes).T


def _band(cells: int, like: Tensor) -> Float[Tensor, "cells cells"]:
    place = torch.arange(cells, device=like.device)
    inside = ((place[:, None] - place).abs() <= WINDOW_CELLS // 2).to(like.dtype)
    return inside / inside.sum(1, keepdim=True)
