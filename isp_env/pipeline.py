"""The ISP as one visible fold: frames and parameters in, display sRGB out, differentiable in every parameter."""

from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from attiqa_core.errors import UsageError
from attiqa_core.tensors import Images, PerImage
from isp_env.camera_rgb.balanced import balanced_rgb
from isp_env.camera_rgb.prepared import prepare
from isp_env.colorimetry.oklab import Oklab, mapped, oklab_from_rec2020, rgb_from_oklab
from isp_env.colorimetry.output_space import SRGB, OutputSpace
from isp_env.frames.batch import FrameBatch
from isp_env.frames.raw_samples import RawSamples
from isp_env.frames.scene import Look, WorkingSpaceMap, finishing_amounts, light_of_white, scene_map
from isp_env.native import proxies
from isp_env.native.point_numbers import point_numbers
from isp_env.parameters.table import CURVE_NAMES, EXPOSURE8_NAMES, LENS_NAMES, NAMES
from isp_env.params import IspParams
from isp_env.stages import clarity as local_contrast
from isp_env.stages import exposure8
from isp_env.stages.camera import luminance_weights, to_working_space
from isp_env.stages.chroma import adjust_chroma
from isp_env.stages.curve import lightness_curve
from isp_env.stages.defringe import defringe
from isp_env.stages.demosaic import Demosaic
from isp_env.stages.gamut import boundary_distance, compress_gamut
from isp_env.stages.geometry import undistort
from isp_env.stages.mosaic import pack, per_plane
from isp_env.stages.output import clip, encode
from isp_env.stages.sharpen import sharpen_luma, sharpening_kernel
from isp_env.stages.tone import Stops, apply_stops, to_stops, tone_curve
from isp_env.stages.tone_map import SMALLEST_LIGHT, tone_map

CACHED_PIXELS = 200_000
"""What a CPU core's cache holds of the fold: without gradients, larger batches go through in groups."""


def render(
    frames: RawSamples | Sequence[RawSamples] | FrameBatch,
    params: IspParams,
    *,
    look: Look = "camera",
    demosaic: Demosaic = "menon",
) -> Images:
    """Return the pictures as display sRGB in [0, 1].

    At identity "camera" is the camera-default look: the file's BaselineExposure and the base tone map.
    "linear" is for measurement: no BaselineExposure, no tone map, no gamut compression, the clip alone.
    """
    return render_with_penalties(frames, params, look=look, demosaic=demosaic)[0]


def render_with_penalties(
    frames: RawSamples | Sequence[RawSamples] | FrameBatch,
    params: IspParams,
    *,
    look: Look = "camera",
    demosaic: Demosaic = "menon",
) -> tuple[Images, dict[str, PerImage]]:
    """Return the pictures and what the output stages had to take away from each.

    "over_range": mean distance from [0, 1] before the clip, in display sRGB; "gamut": mean distance beyond
    sRGB before the gamut compression, 1 being the distance from grey to the boundary.
    """
    batch = as_batch(frames)
    height, width = batch.samples.shape[-2:]
    images, penalties = render_prepared(prepare(batch), params, look=look, demosaic=demosaic)
    images = images[..., :height, :width]
    return images if batch.geometry is None else undistort(images, batch.geometry), penalties


def as_batch(frames: RawSamples | Sequence[RawSamples] | FrameBatch) -> FrameBatch:
    """Return one frame or several of one size and kind as a batch on the CPU."""
    if isinstance(frames, FrameBatch):
        return frames
    return FrameBatch.stack([frames] if isinstance(frames, RawSamples) else frames)


def render_prepared(
    prepared: FrameBatch,
    params: IspParams,
    *,
    look: Look = "camera",
    demosaic: Demosaic = "menon",
    base: local_contrast.Base | None = None,
    origin: tuple[int, int] = (0, 0),
    space: OutputSpace = SRGB,
    crops: bool = False,
) -> tuple[Images, dict[str, PerImage]]:
    """Return what `render_with_penalties` does, of frames that went through `prepare`.

    For a tile or a crop, `base` is the whole picture's `clarity_base` and `origin` its row and column in it. `crops`: the native
    kernel may have mosaics, too; those of a full size are torch's here, which that kernel is held to.
    `space` takes sRGB's place in all that is output: gamut, luminance of sharpening, encoding.

    Raises: UsageError for another space with the filters of exposure8, which are about encoded sRGB.
    """
    if space is not SRGB and params.table(EXPOSURE8_NAMES) is not None:
        raise UsageError(f"--space {space.name}: the filters of exposure8 work on sRGB; leave --space out")
    to_scene = scene_map(prepared, params, look)
    if base is None:
        base = clarity_base(prepared, params, to_scene)
    group = max(1, CACHED_PIXELS // prepared.samples[0, 0].numel())
    native = _is_native(prepared, params, space, crops)
    whole = torch.is_grad_enabled() or prepared.samples.is_cuda or torch.compiler.is_compiling() or native
    if whole or len(prepared) <= group:
        return _fold(prepared, params, to_scene, base, look, demosaic, origin, space, native)
    results = []
    for ids in torch.arange(len(prepared)).split(group):
        gains, matrix, offset = (tensor[ids] for tensor in to_scene)
        some_base = replace(base, coefficients=base.coefficients[ids])
        some = (prepared.take(ids), params.take(ids), (gains, matrix, offset), some_base)
        results.append(_fold(*some, look, demosaic, origin, space, native))
    images, penalties = zip(*results, strict=True)
    return torch.cat(images), {name: torch.cat([each[name] for each in penalties]) for name in penalties[0]}


def clarity_base(prepared: FrameBatch, params: IspParams, to_scene: WorkingSpaceMap) -> local_contrast.Base:
    """Return what clarity has to know of the whole picture, from its samples averaged over cells."""
    gains, matrix, offset = to_scene
    samples, multiple = prepared.samples, 1
    weights = luminance_weights(matrix, gains)
    if prepared.is_mosaic:  # half-size pixels, each of one red, two greens and one blue
        samples, multiple = pack(samples, prepared.cfa_index), 2
        weights = per_plane(weights)[:, :, 0, 0] * weights.new_tensor([1.0, 0.5, 0.5, 1.0])
    luminance = torch.baddbmm(offset[:, None, None], weights[:, None], samples.flatten(2))
    luminance = luminance.unflatten(2, samples.shape[2:])
    height, width = prepared.samples.shape[-2:]
    cell = local_contrast.cell_px(height, width, multiple)
    return base_of_cells(F.avg_pool2d(luminance, cell // multiple, ceil_mode=True), cell)


def base_of_cells(cells: Float[Tensor, "batch 1 rows columns"], cell_px: int) -> local_contrast.Base:
    """Return `clarity_base` of the mean luminance in each cell."""
    return local_contrast.Base(local_contrast.base_coefficients(to_stops(cells)), cell_px)


def _fold(
    batch: FrameBatch,
    params: IspParams,
    to_scene: WorkingSpaceMap,
    base: local_contrast.Base,
    look: Look,
    demosaic: Demosaic,
    origin: tuple[int, int],
    space: OutputSpace,
    native: bool,
) -> tuple[Images, dict[str, PerImage]]:
    gains, matrix, offset = to_scene
    sharpen, *denoise = finishing_amounts(batch, params, look)
    of_lens = params.table(LENS_NAMES)
    balanced = balanced_rgb(batch, denoise, gains, demosaic, of_lens, native)
    if of_lens is not None:
        balanced = defringe(balanced, of_lens[:, 2], batch.scale)
    if native:
        point = point_numbers(params, matrix, offset, light_of_white(batch))
        finish = torch.cat([sharpen[:, None], sharpening_kernel(params["sharpen_radius_px"], batch.scale)], 1)
        if proxies.are_finite(balanced, point, finish, base.coefficients):
            return proxies.finished(balanced, point, finish, base, camera_look=look == "camera", origin=origin)
    linear_rec2020, luminance = to_working_space(balanced, matrix, offset)
    stops = to_stops(luminance)
    linear_rec2020 = apply_stops(linear_rec2020, stops, _toned(stops, params, base, origin))
    if look == "camera":
        lab = tone_map(linear_rec2020, params["contrast"], light_of_white(batch))
        linear_rgb, beyond = compress_gamut(_graded(lab, params), space.from_lms)
    else:
        lab = oklab_from_rec2020(linear_rec2020.clamp_min(SMALLEST_LIGHT))
        changed = _graded(lab, params)
        change = rgb_from_oklab(changed, space.from_lms) - rgb_from_oklab(
            lab, space.from_lms
        )  # nothing at identity, bit for bit
        linear_rgb = mapped(space.from_rec2020, linear_rec2020) + change
        beyond = (boundary_distance(changed, space.from_lms) - 1).clamp_min(0)
    linear_rgb = sharpen_luma(linear_rgb, sharpen, params["sharpen_radius_px"], batch.scale, space.luminance)
    display, filters = encode(linear_rgb, space), params.table(EXPOSURE8_NAMES)
    return _finish(display if filters is None else exposure8.filtered(display, filters), beyond)


def _toned(stops: Stops, params: IspParams, base: local_contrast.Base, origin: tuple[int, int]) -> Stops:
    """Log luma after shadows, highlights and whites, which move the base, and clarity, which adds to the detail over it."""
    smooth = local_contrast.base_stops(stops, base, origin)
    moved = tone_curve(smooth, params["highlights_ev"], params["shadows_ev"], params["whites_ev"]) - smooth
    return stops + moved + local_contrast.added_detail(stops - smooth, params["clarity"])


def _graded(lab: Oklab, params: IspParams) -> Oklab:
    knots = params.table(CURVE_NAMES)
    if knots is not None:
        lab = lightness_curve(lab, knots)
    return adjust_chroma(lab, params["saturation"], params["vibrance"], params["hue_deg"])


def _is_native(batch: FrameBatch, params: IspParams, space: OutputSpace, crops: bool) -> bool:
    """Whether the native chain does it, from balanced RGB on: sRGB on the CPU, and no column that it does not know."""
    known = space is SRGB and params.names in (NAMES, (*NAMES, *LENS_NAMES))
    return known and (crops or not batch.is_mosaic) and proxies.takes(batch.samples)


def _finish(display: Images, beyond_gamut: Tensor) -> tuple[Images, dict[str, PerImage]]:
    over_range = (display - display.clamp(0, 1)).abs().mean((1, 2, 3))
    return clip(display), {"over_range": over_range, "gamut": beyond_gamut.mean((1, 2, 3))}
