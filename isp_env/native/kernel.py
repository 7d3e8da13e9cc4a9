"""One raw frame through the native kernel: full-size pictures on the CPU, as floats or as the integers that files hold."""

import functools
import sys
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from attiqa_core.tensors import LinearRgb
from isp_env.colorimetry.output_space import SRGB, OutputSpace
from isp_env.frames.raw_samples import RawSamples
from isp_env.lens.geometry import lateral_of
from isp_env.lens.geometry_batch import LateralBatch
from isp_env.native.bands import Folding, Lateral, Prepared, fold, fold_undistorted, prepared_for_bands
from isp_env.native.build import call, library
from isp_env.native.parameters import PLANE_COLOURS, denoise_parameters, geometry_of, parameters_of
from isp_env.native.structures import Parameters
from isp_env.parameters.table import LENS_NAMES
from isp_env.params import NAMES, IspParams
from isp_env.pipeline import Look, base_of_cells
from isp_env.stages.camera import luminance_weights

TILE = (
    256,
    1024,
)  # height and width: with all that lies between the stages it stays in a core's cache (of half its width while noise is taken)
SMALLEST_PX = 16  # short edge; anything smaller is torch's
CELL_PX = 64  # where the cells' means are not wanted, and cells are but rows that are prepared together
Depth = Literal[8, 16, 32]
LAYOUT = {8: np.uint8, 16: np.uint16, 32: np.float32}


@torch.no_grad()
def render(
    frame: RawSamples,
    params: IspParams,
    *,
    bits: Depth,
    look: Look = "camera",
    space: OutputSpace = SRGB,
    tile: tuple[int, int] = TILE,
    threads: int | None = None,
) -> np.ndarray | None:
    """Return one picture, display sRGB or of another `space`: (H, W, 3) integers of 8 or 16 bits, or (3, H, W) float32 in [0, 1] for 32.

    None where it is torch's to do: no kernel here, columns beyond `PARAMETERS` (but a lens's at 0), no mosaic, a tiny one, or
    numbers that are not finite (whose NaN reach torch's picture and are refused there). The same bits for any tile and any number of threads; default as many as torch's.
    """
    assert len(params) == 1
    if not _knows(params) or not _is_ours(frame) or library() is None:
        return None
    p, to_scene = parameters_of(frame, params, look, space)
    shading = _shading(frame)
    if not _are_finite(p, shading):
        return None
    p.tile_height, p.tile_width = tile
    p.threads, p.bits = threads or torch.get_num_threads(), bits
    lateral = _lateral(frame)
    prepared = prepared_for_bands(p, shading, _samples(frame), lateral)
    coefficients = _base_coefficients(p, prepared.cell_means, params, to_scene) if p.tonal else None
    shape = (p.shown_height, p.shown_width)
    picture = np.empty((3, *shape) if bits == 32 else (*shape, 3), LAYOUT[bits])
    folding = Folding(prepared, coefficients, lateral)
    if frame.geometry is None or frame.geometry.is_plain:
        fold(folding, picture)
    else:
        fold_undistorted(folding, frame.geometry, geometry_of(frame.geometry), picture)
    return picture


def _lateral(frame: RawSamples) -> Lateral | None:
    batch = LateralBatch.stack([(frame.geometry, (frame.samples.shape[0], frame.samples.shape[1]))])
    if batch is None or frame.geometry is None:
        return None
    beside = lateral_of(frame.geometry)
    assert beside is not None
    return Lateral(*(geometry_of(beside, plane) for plane in (0, 2)), reach_px=batch.reach_px + batch.reach_px % 2)


def demosaiced(frame: RawSamples, strengths: tuple[float, float]) -> tuple[LinearRgb, LinearRgb] | None:
    """Return linear camera RGB, prepared, and demosaiced under the as-shot balance, which is divided out again; then the same
    denoised beforehand, by luma's and chroma's strengths.

    None as for `render`.
    """
    if not _is_ours(frame) or library() is None:
        return None
    p, shading = denoise_parameters(frame, strengths), _shading(frame)
    if not _are_finite(p, shading):
        return None
    p.tile_height, p.tile_width = TILE
    p.threads = torch.get_num_threads()
    p.cell_px = CELL_PX
    p.cell_rows, p.cell_columns = -(-p.height // p.cell_px), -(-p.width // p.cell_px)
    mosaic, _ = prepare(p, frame, shading)
    denoised = np.empty_like(mosaic)
    call("isp_denoise", p, shading, 0, p.height, mosaic, 0, denoised, 0)
    return _demosaic(p, mosaic), _demosaic(p, denoised)


def _demosaic(p: Parameters, mosaic: np.ndarray) -> LinearRgb:
    rgb = torch.empty(1, 3, p.shown_height, p.shown_width)
    call("isp_demosaic", p, mosaic, rgb)
    return rgb


def _knows(params: IspParams) -> bool:
    """Whether all that is not at identity is of `PARAMETERS`."""
    if params.names == NAMES:
        return True
    if params.names != (*NAMES, *LENS_NAMES):
        return False
    corrects = bool((params.values[:, len(NAMES) :] != 0).any())
    if corrects and library() is not None:
        _say_that_lenses_are_torchs()
    return not corrects


@functools.cache
def _say_that_lenses_are_torchs() -> None:
    names = ", ".join(LENS_NAMES)
    print(f"attiqa: full-size pictures with {names} take the slower way through torch", file=sys.stderr)


def _is_ours(frame: RawSamples) -> bool:
    return frame.is_mosaic and not frame.prepared and min(frame.samples.shape) >= SMALLEST_PX


def _shading(frame: RawSamples) -> np.ndarray | None:
    return None if frame.shading is None else np.ascontiguousarray(frame.shading.gains, np.float32)


def _samples(frame: RawSamples) -> np.ndarray:
    return np.ascontiguousarray(frame.samples, dtype=np.uint16)


def _are_finite(p: Parameters, shading: np.ndarray | None) -> bool:
    """Whether no NaN goes in, which the kernel's minima and maxima would lose on the way."""
    return p.is_finite() and (shading is None or bool(np.isfinite(shading).all()))


def prepare(p: Parameters, frame: RawSamples, shading: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the mosaic that `camera_rgb.prepared.prepare` makes, and the mean of each plane in each cell."""
    prepared = Prepared(p, shading, _samples(frame), p.height)
    prepared.prepare(p.height)
    return prepared.samples, prepared.cell_means


def _base_coefficients(
    p: Parameters, cell_means: np.ndarray, params: IspParams, to_scene: tuple[Tensor, ...]
) -> np.ndarray:
    """What `pipeline.clarity_base` finds, from the cells' means: luminance is linear in the samples."""
    gains, matrix, offset = to_scene
    weights = luminance_weights(matrix, gains)[:, list(PLANE_COLOURS)] * torch.tensor([1.0, 0.5, 0.5, 1.0])
    luminance = (weights[0, :, None, None] * torch.from_numpy(cell_means)).sum(0) + offset
    base = base_of_cells(luminance[None, None], p.cell_px)
    return np.ascontiguousarray(base.coefficients[0].numpy())
