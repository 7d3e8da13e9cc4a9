"""The numbers the native kernel works with: ctypes structures whose C++ declarations are written from them."""

import ctypes
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from attiqa_core import srgb
from attiqa_core.filters import detail_variance, discrete_gaussian
from isp_env.frame_batch import FrameBatch
from isp_env.params import IspParams
from isp_env.pipeline import Look, WorkingSpaceMap, scene_map
from isp_env.raw import RawFrame
from isp_env.stages import chroma, clarity, defects, demosaic, denoise, gamut, highlights, sharpen, tone, tone_map
from isp_env.stages.camera import REC2020_LUMA, luminance_weights
from isp_env.stages.mosaic import SITE_OF_PLANE

Real, Whole = ctypes.c_float, ctypes.c_int32
PLANE_COLOURS = (0, 1, 1, 2)  # of R, G, B, what the four planes are


class PointParameters(ctypes.Structure):
    """What a picture's parameters come to in the point chain, in its order: all that gradients would be taken of."""

    _fields_ = (
        ("matrix", Real * 9),
        ("luminance_weights", Real * 3),
        ("offset", Real),
        ("highlights_ev", Real),
        ("shadows_ev", Real),
        ("whites_ev", Real),
        ("clarity_gain", Real),
        ("tone_map_exponent", Real),
        ("tone_map_offset", Real),
        ("to_srgb", Real * 9),
        ("saturation_gain", Real),
        ("vibrance", Real),
    )


class Constants(ctypes.Structure):
    """The constants of the stages, as `stages/` names them; `per_x` is 1 / x."""

    _fields_ = (
        ("defect_sigmas", Real),
        ("defect_relative_margin", Real),
        ("defect_absolute_margin", Real),
        ("defect_share", Real),
        ("clip_start", Real),
        ("per_clip_span", Real),
        ("smallest_luminance", Real),
        ("per_mid_grey", Real),
        ("per_reach_ev", Real),
        ("per_white_ramp", Real),
        ("per_largest_detail_ev", Real),
        ("smallest_light", Real),
        ("display_peak", Real),
        ("chroma_smallest_peak", Real),
        ("gamut_threshold", Real),
        ("gamut_strength", Real),
        ("gamut_smallest_peak", Real),
        ("sharpen_smallest_luma", Real),
        ("srgb_linear_limit", Real),
        ("srgb_linear_slope", Real),
        ("srgb_curve_scale", Real),
        ("srgb_curve_offset", Real),
        ("per_srgb_power", Real),
        ("rec2020_luma", Real * 3),
        ("luminance", Real * 3),
    )


class Parameters(ctypes.Structure):
    """Everything the kernel knows of a picture but its samples. What is per plane is in the order R, G, G, B.

    `width`, `height`: of the mosaic, even; `shown_width`, `shown_height`: of the picture.
    """

    _fields_ = (
        ("point", PointParameters),
        ("constants", Constants),
        ("black_level_dn", Real * 4),
        ("per_level_range", Real * 4),
        ("wb_as_shot", Real * 4),
        ("gains", Real * 4),
        ("noise", Real * 2),
        ("denoise_shot", Real),
        ("denoise_read", Real),
        ("denoise_luma_threshold", Real),
        ("denoise_chroma_threshold", Real),
        ("denoise_kernel", Real * 3),
        ("malvar_green", Real * 6),
        ("malvar_in_row", Real * 6),
        ("malvar_diagonal", Real * 6),
        ("sharpen", Real),
        ("sharpen_kernel", Real * (sharpen.RADIUS_PX + 1)),
        ("site_of_plane", Whole * 4),
        ("camera_look", Whole),
        ("width", Whole),
        ("height", Whole),
        ("shown_width", Whole),
        ("shown_height", Whole),
        ("cell_px", Whole),
        ("cell_columns", Whole),
        ("cell_rows", Whole),
        ("tile_width", Whole),
        ("tile_height", Whole),
        ("threads", Whole),
        ("bits", Whole),
    )

    def is_finite(self) -> bool:
        """Return whether all its real numbers are; the whole ones stand behind them."""
        return bool(np.isfinite(np.frombuffer(bytes(self), np.float32, type(self).site_of_plane.offset // 4)).all())


def declarations() -> str:
    """Return the C++ declarations of the three structures; `PointParameters` is a template over its number."""
    lines = ["#include <cstdint>", "template <class V> struct PointParameters {", *_members(PointParameters, "V"), "};"]
    for structure in (Constants, Parameters):
        lines += [f"struct {structure.__name__} {{", *_members(structure, "float"), "};"]
    return "\n".join(lines) + "\n"


def _members(structure: type[ctypes.Structure], real: str) -> list[str]:
    names = {Real: real, Whole: "int32_t", PointParameters: "PointParameters<float>", Constants: "Constants"}
    members = []
    for name, kind in ((field[0], field[1]) for field in structure._fields_):
        is_array = issubclass(kind, ctypes.Array)
        members.append(
            f"  {names[kind._type_ if is_array else kind]} {name}{f'[{kind._length_}]' if is_array else ''};"
        )
    return members


@torch.no_grad()
def parameters_of(frame: RawFrame, params: IspParams, look: Look) -> tuple[Parameters, WorkingSpaceMap]:
    """Return the numbers of one mosaic frame but for tile, threads and bits, and the map that clarity's base takes too."""
    corner = FrameBatch.stack([replace(frame, samples=frame.samples[:2, :2])])
    to_scene = scene_map(corner, params, look)
    p = Parameters(point=point_parameters(params, to_scene), constants=constants(), camera_look=look == "camera")
    p.shown_height, p.shown_width = frame.samples.shape
    p.height, p.width = p.shown_height + p.shown_height % 2, p.shown_width + p.shown_width % 2
    p.site_of_plane[:] = SITE_OF_PLANE[int(corner.cfa_index[0])]
    p.cell_px = clarity.cell_px(p.height, p.width, 2)
    p.cell_rows, p.cell_columns = -(-p.height // p.cell_px), -(-p.width // p.cell_px)
    _fill_raw(p, frame, to_scene[0])
    _fill_filters(p, corner, params)
    return p, to_scene


def point_parameters(params: IspParams, to_scene: WorkingSpaceMap) -> PointParameters:
    """Return what the point chain takes of one row of parameters."""
    _, matrix, offset = to_scene
    exponent = float(tone_map.BASE_EXPONENT * torch.exp2(params["contrast"]))
    share = tone_map.DISPLAY_MID_GREY / tone_map.DISPLAY_PEAK
    at_grey = math.log2(share / (1 - share)) - exponent * math.log2(tone.MID_GREY)
    point = PointParameters(
        offset=float(offset),
        highlights_ev=float(params["highlights_ev"]),
        shadows_ev=float(params["shadows_ev"]),
        whites_ev=float(params["whites_ev"]),
        clarity_gain=float(torch.exp2(params["clarity"]) - 1),
        tone_map_exponent=exponent,
        tone_map_offset=at_grey,
        saturation_gain=float(torch.exp2(params["saturation"])),
        vibrance=float(params["vibrance"]),
    )
    point.matrix[:] = _numbers(matrix)
    point.luminance_weights[:] = _numbers(luminance_weights(matrix))
    point.to_srgb[:] = _numbers(chroma._TO_SRGB @ chroma.hue_rotation(params["hue_deg"]))
    return point


def constants() -> Constants:
    """Return the constants that the torch modules hold."""
    k = Constants(
        defect_sigmas=defects.NOISE_SIGMAS,
        defect_relative_margin=defects.RELATIVE_MARGIN,
        defect_absolute_margin=defects.ABSOLUTE_MARGIN,
        defect_share=1 + defects.SHARED_BY_BLOCK,
        clip_start=highlights.CLIP_START,
        per_clip_span=1 / (highlights.CLIP_END - highlights.CLIP_START),
        smallest_luminance=tone.SMALLEST_LUMINANCE,
        per_mid_grey=1 / tone.MID_GREY,
        per_reach_ev=1 / tone.REACH_EV,
        per_white_ramp=1 / (tone.WHITE_EV - 0.5),
        per_largest_detail_ev=1 / clarity.LARGEST_DETAIL_EV,
        smallest_light=tone_map.SMALLEST_LIGHT,
        display_peak=tone_map.DISPLAY_PEAK,
        chroma_smallest_peak=chroma._SMALLEST_PEAK,
        gamut_threshold=gamut.THRESHOLD,
        gamut_strength=gamut._STRENGTH,
        gamut_smallest_peak=gamut._SMALLEST_PEAK,
        sharpen_smallest_luma=sharpen._SMALLEST_LUMA,
        srgb_linear_limit=srgb.LINEAR_LIMIT,
        srgb_linear_slope=srgb.LINEAR_SLOPE,
        srgb_curve_scale=srgb.CURVE_SCALE,
        srgb_curve_offset=srgb.CURVE_OFFSET,
        per_srgb_power=1 / srgb.CURVE_POWER,
    )
    k.rec2020_luma[:] = REC2020_LUMA
    k.luminance[:] = srgb.LUMINANCE
    return k


def _fill_raw(p: Parameters, frame: RawFrame, gains: Tensor) -> None:
    """Levels, white balance and noise."""
    p.black_level_dn[:] = frame.black_level_dn
    levels = zip(frame.black_level_dn, frame.white_level_dn, strict=True)
    p.per_level_range[:] = [1 / (white - black) for black, white in levels]
    p.wb_as_shot[:] = [frame.wb_as_shot[colour] for colour in PLANE_COLOURS]
    p.gains[:] = [float(gains[0, colour]) for colour in PLANE_COLOURS]
    p.noise[:] = frame.noise


def _fill_filters(p: Parameters, corner: FrameBatch, params: IspParams) -> None:
    """Denoise, demosaic and sharpen."""
    kernel = discrete_gaussian(
        (denoise.BLUR_VARIANCE_PX2 / 4 * corner.scale.square()).clamp_max(1), denoise.PLANES_RADIUS
    )
    p.denoise_kernel[:] = _numbers(kernel)
    wb, (shot, read), of_detail = torch.tensor(list(p.wb_as_shot)), p.noise, float(detail_variance(kernel))
    p.denoise_shot = float(wb.mean()) * shot * of_detail
    p.denoise_read = float(wb.square().mean()) * read * of_detail
    p.denoise_luma_threshold = (denoise.FULL_STRENGTH_SIGMAS * float(params["denoise_luma"])) ** 2
    p.denoise_chroma_threshold = (denoise.FULL_STRENGTH_SIGMAS * float(params["denoise_chroma"])) ** 2
    p.malvar_green[:] = _six_taps(demosaic._GREEN)
    p.malvar_in_row[:] = _six_taps(demosaic._IN_ROW)
    p.malvar_diagonal[:] = _six_taps(demosaic._DIAGONAL)
    p.sharpen = float(params["sharpen"])
    variance = (params["sharpen_radius_px"] * corner.scale).square()
    p.sharpen_kernel[:] = _numbers(discrete_gaussian(variance, sharpen.RADIUS_PX))


def _six_taps(eighths: Sequence[Sequence[float]]) -> list[float]:
    """Centre, beside, above, two beside, two above and diagonal of a 5x5 kernel that is symmetric in both axes."""
    return [eighths[row][column] / 8 for row, column in ((2, 2), (2, 1), (1, 2), (2, 0), (0, 2), (1, 1))]


def _numbers(tensor: Tensor) -> list[float]:
    return tensor.flatten().tolist()
