"""Full resolution in bounded memory: the native kernel on the CPU, or torch on tiles with a halo.

Tiles are seamless because all that is global is found beforehand.
"""

from dataclasses import replace
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from isp_env.camera_rgb.prepared import prepare
from isp_env.colorimetry.output_space import SRGB, OutputSpace
from isp_env.frames.batch import FrameBatch
from isp_env.native import kernel
from isp_env.parameters.table import LENS_NAMES
from isp_env.params import IspParams
from isp_env.pipeline import Look, clarity_base, finishing_amounts, render_prepared, scene_map
from isp_env.raw import RawFrame
from isp_env.stages import defects, denoise, lens, sharpen
from isp_env.stages import demosaic as demosaicing
from isp_env.stages.demosaic import Demosaic
from isp_env.stages.geometry import undistort
from isp_env.stages.output import quantise

_REACH_PX = max(demosaicing.REACH_PX.values()) + sharpen.RADIUS_PX

TILE_PX = 512


def halo_px(batch: FrameBatch, params: IspParams, look: Look) -> int:
    """Return what a tile sees beyond itself: as far as the stages reach together; even, to keep the CFA's phase."""
    _, luma, chroma = finishing_amounts(batch, params, look)
    denoises = bool((luma != 0).any() or (chroma != 0).any())
    of_lens = params.table(LENS_NAMES)
    reach = (
        _REACH_PX
        + (denoise.reach_px(batch.sensor_noise) if denoises else 0)
        + (0 if of_lens is None else lens.reach_px(of_lens))
    )
    reach += 0 if batch.lateral is None else batch.lateral.reach_px
    return reach + reach % 2


def render_full(
    frame: RawFrame,
    params: IspParams,
    *,
    device: str | torch.device = "cpu",
    look: Look = "camera",
    space: OutputSpace = SRGB,
    tile: int | None = None,
) -> Float[Tensor, "3 height width"]:
    """Return one picture, display sRGB or of another `space`, in [0, 1] on the CPU, equal to `render` but for rounding.

    `tile` is for torch, where the device is short of memory: squares of so many pixels.
    """
    picture = (
        kernel.render(frame, params, bits=32, look=look, space=space) if torch.device(device).type == "cpu" else None
    )
    if picture is not None:
        return torch.from_numpy(picture)
    return render_in_tiles(frame, params, tile=tile or TILE_PX, device=device, look=look, space=space)


def render_quantised(
    frame: RawFrame,
    params: IspParams,
    *,
    bits: Literal[8, 16],
    device: str | torch.device = "cpu",
    look: Look = "camera",
    space: OutputSpace = SRGB,
    tile: int | None = None,
) -> np.ndarray:
    """Return the same as (H, W, 3) integers of 8 or 16 bits, rounded to the nearest: what picture files hold.

    Raises: InputError if the picture holds NaN; UsageError for a space with exposure8's filters.
    """
    picture = (
        kernel.render(frame, params, bits=bits, look=look, space=space) if torch.device(device).type == "cpu" else None
    )
    if picture is not None:
        return picture
    in_tiles = render_in_tiles(frame, params, tile=tile or TILE_PX, device=device, look=look, space=space)
    return quantise(in_tiles.numpy(), bits, frame.path or frame.name)


@torch.no_grad()
def render_in_tiles(
    frame: RawFrame,
    params: IspParams,
    *,
    tile: int = TILE_PX,
    device: str | torch.device = "cpu",
    look: Look = "camera",
    demosaic: Demosaic = "menon",
    space: OutputSpace = SRGB,
) -> Float[Tensor, "3 height width"]:
    """Return what `render_full` does, by torch on any device.

    Memory beyond the samples and the result is that of some fifty planes of one tile (`tile` px a side, even).
    """
    assert len(params) == 1 and tile % 2 == 0 and tile > 0
    batch = FrameBatch.stack([frame])
    height, width = batch.samples.shape[-2:]
    prepared = _prepare_in_strips(batch, tile).to(device)
    params = params.to(device)
    halo = halo_px(prepared, params, look)
    base = clarity_base(prepared, params, scene_map(prepared, params, look))
    picture = torch.empty(3, height, width)
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            row, column = max(0, top - halo), max(0, left - halo)
            window = prepared.window(row, top + tile + halo, column, left + tile + halo)
            tile_of = {"base": base, "origin": (row, column)}
            rgb = render_prepared(window, params, look=look, demosaic=demosaic, space=space, **tile_of)[0][0]
            bottom, right = min(top + tile, height), min(left + tile, width)
            picture[:, top:bottom, left:right] = rgb[:, top - row : bottom - row, left - column : right - column].cpu()
    return picture if batch.geometry is None else undistort(picture[None], batch.geometry)[0]


def _prepare_in_strips(batch: FrameBatch, tile: int) -> FrameBatch:
    """Return `prepare(batch)`; strips of the height that makes them about as large as a tile."""
    height, width = batch.samples.shape[-2:]
    step = max(2, tile * tile // width // 2 * 2)
    strips = []
    for top in range(0, height, step):
        start = max(0, top - defects.REACH_PX)
        prepared = prepare(batch.window(start, top + step + defects.REACH_PX, 0, width)).samples
        last = top + step >= height
        strips.append(prepared[:, :, top - start :] if last else prepared[:, :, top - start : top - start + step])
    return replace(batch, samples=torch.cat(strips, 2), prepared=True)
