"""The numbers the native kernel works with: ctypes structures whose C++ declarations are written from them."""

import ctypes
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from attiqa_core import srgb
from attiqa_core.filters import discrete_gaussian
from attiqa_core.tensors import PerImage
from isp_env import oklab
from isp_env.cfa import cfa_index
from isp_env.frame_batch import FrameBatch
from isp_env.native.point_numbers import point_numbers
from isp_env.params import IspParams
from isp_env.raw_samples import RawSamples
from isp_env.scene import Look, WorkingSpaceMap, finishing_amounts, light_of_white, scene_map
from isp_env.stages import (
    chroma,
    clarity,
    defects,
    demosaic,
    denoise,
    false_colour,
    gamut,
    highlights,
    menon,
    sharpen,
    stabilise,
    tone,
    tone_map,
)
from isp_env.stages.mosaic import SITE_OF_PLANE, per_plane

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
        ("per_display_white", Real),
        ("display_stretch", Real),
        ("saturation_gain", Real),
        ("vibrance", Real),
        ("hue_cosine", Real),
        ("hue_sine", Real),
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
        ("per_highlights_reach_ev", Real),
        ("per_shadows_reach_ev", Real),
        ("per_white_ramp", Real),
        ("per_largest_detail_ev", Real),
        ("smallest_light", Real),
        ("display_peak", Real),
        ("palest", Real),
        ("palest_chroma2", Real),
        ("pale_chroma", Real),
        ("smallest_lightness", Real),
        ("gamut_threshold", Real),
        ("gamut_strength", Real),
        ("smallest_room", Real),
        ("nearest_distance", Real),
        ("root_offset", Real),
        ("root_at_black", Real),
        ("root_tangent", Real),
        ("per_root_tangent", Real),
        ("green_near", Real),
        ("green_far", Real),
        ("green_centre", Real),
        ("activity_same_line", Real),
        ("activity_other_lines", Real),
        ("activity_floor2", Real),
        ("green_share", Real),
        ("sharpen_smallest_luma", Real),
        ("srgb_linear_limit", Real),
        ("srgb_linear_slope", Real),
        ("srgb_curve_scale", Real),
        ("srgb_curve_offset", Real),
        ("per_srgb_power", Real),
        ("rec2020_to_lms", Real * 9),
        ("roots_to_lab", Real * 9),
        ("lab_to_roots", Real * 9),
        ("lms_to_srgb", Real * 9),
        ("rec2020_to_srgb", Real * 9),
        ("luminance", Real * 3),
        ("opponents", Real * 16),
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
        ("stabilising_offset", Real),
        ("denoise_constant", Real * 4),
        ("denoise_per_level", Real * 4),
        ("denoise_there", Real * len(denoise.WINDOW_RADII)),
        ("sharpen", Real),
        ("sharpen_kernel", Real * (sharpen.RADIUS_PX + 1)),
        ("shading_first_px", Real * 2),
        ("shading_per_spacing", Real * 2),
        ("site_of_plane", Whole * 4),
        ("denoise_active", Whole * 4),
        ("shading_rows", Whole),
        ("shading_columns", Whole),
        ("camera_look", Whole),
        ("tonal", Whole),
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
    """Return the C++ declarations of sizes and of the three structures; `PointParameters` is a template over its number."""
    sizes = {
        "DEMOSAIC_REACH": demosaic.REACH_PX["menon"],
        "DENOISE_MARGIN": denoise.PLANES_MARGIN,
        "LEVEL_RADIUS": denoise.LEVEL_RADIUS,
        "LOST_RADIUS": denoise.LOST_RADIUS,
    }
    lines = ["#include <cstdint>", *(f"constexpr int {name} = {size};" for name, size in sizes.items())]
    lines += [
        f"constexpr int DENOISE_RADII[] = {{{', '.join(map(str, denoise.WINDOW_RADII))}}};",
        f"constexpr float SMALLEST_ENERGY = {denoise.SMALLEST_ENERGY}f, STRAIGHT_BELOW = {stabilise.STRAIGHT_BELOW}f;",
    ]
    lines += ["template <class V> struct PointParameters {", *_members(PointParameters, "V"), "};"]
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
def parameters_of(frame: RawSamples, params: IspParams, look: Look) -> tuple[Parameters, WorkingSpaceMap]:
    """Return the numbers of one mosaic frame but for tile, threads and bits, and the map that clarity's base takes too."""
    corner = FrameBatch.stack([replace(frame, samples=frame.samples[:2, :2])])
    to_scene = scene_map(corner, params, look)
    p = raw_parameters(frame)
    p.point = point_parameters(params, to_scene, light_of_white(corner))
    p.camera_look = look == "camera"
    p.tonal = any(float(params[name]) != 0 for name in ("highlights_ev", "shadows_ev", "whites_ev", "clarity"))
    p.gains[:] = [float(to_scene[0][0, colour]) for colour in PLANE_COLOURS]
    p.sharpen, *strengths = (float(amount) for amount in finishing_amounts(corner, params, look))
    variance = (params["sharpen_radius_px"] * corner.scale).square()
    p.sharpen_kernel[:] = _numbers(discrete_gaussian(variance, sharpen.RADIUS_PX))
    _fill_denoise(p, corner, *strengths)
    return p, to_scene


def raw_parameters(frame: RawSamples) -> Parameters:
    """Return what preparing and demosaicing take: sizes, levels, as-shot balance, noise and lens shading."""
    p = Parameters(constants=constants(), noise=frame.noise, black_level_dn=frame.black_level_dn)
    p.shown_height, p.shown_width = frame.samples.shape
    p.height, p.width = p.shown_height + p.shown_height % 2, p.shown_width + p.shown_width % 2
    p.site_of_plane[:] = SITE_OF_PLANE[cfa_index(frame.cfa)]
    p.cell_px = clarity.cell_px(p.height, p.width, 2)
    p.cell_rows, p.cell_columns = -(-p.height // p.cell_px), -(-p.width // p.cell_px)
    levels = zip(frame.black_level_dn, frame.white_level_dn, strict=True)
    p.per_level_range[:] = [1 / (white - black) for black, white in levels]
    p.wb_as_shot[:] = [frame.wb_as_shot[colour] for colour in PLANE_COLOURS]
    if frame.shading is not None:
        _, p.shading_rows, p.shading_columns = frame.shading.gains.shape
        p.shading_first_px[:] = frame.shading.first_px
        p.shading_per_spacing[:] = [1 / spacing for spacing in frame.shading.spacing_px]
    return p


def point_parameters(params: IspParams, to_scene: WorkingSpaceMap, white: PerImage) -> PointParameters:
    """Return what the point chain takes of one row of parameters; `white`: `pipeline.light_of_white`."""
    _, matrix, offset = to_scene
    return PointParameters.from_buffer_copy(point_numbers(params, matrix, offset, white)[0].numpy().tobytes())


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
        per_highlights_reach_ev=1 / tone.HIGHLIGHTS_REACH_EV,
        per_shadows_reach_ev=-1 / tone.SHADOWS_REACH_EV,
        per_white_ramp=1 / (tone.WHITE_EV - 0.5),
        per_largest_detail_ev=1 / clarity.LARGEST_DETAIL_EV,
        smallest_light=tone_map.SMALLEST_LIGHT,
        display_peak=tone_map.DISPLAY_PEAK,
        palest=tone_map.PALEST,
        palest_chroma2=tone_map.PALEST**4,
        pale_chroma=chroma.PALE_CHROMA,
        smallest_lightness=chroma._SMALLEST_LIGHTNESS,
        gamut_threshold=gamut.THRESHOLD,
        gamut_strength=gamut._STRENGTH,
        smallest_room=gamut._SMALLEST_ROOM,
        nearest_distance=gamut._NEAREST,
        root_offset=demosaic.ROOT_OFFSET,
        root_at_black=demosaic.ROOT_OFFSET**0.5,
        root_tangent=2 * demosaic.ROOT_OFFSET**0.5,
        per_root_tangent=1 / (2 * demosaic.ROOT_OFFSET**0.5),
        green_near=menon.GREEN_NEAR,
        green_far=menon.GREEN_FAR,
        green_centre=menon.GREEN_CENTRE,
        activity_same_line=menon.ACTIVITY_SAME_LINE,
        activity_other_lines=menon.ACTIVITY_OTHER_LINES,
        activity_floor2=menon.ACTIVITY_FLOOR**2,
        green_share=false_colour.GREEN_SHARE,
        sharpen_smallest_luma=sharpen._SMALLEST_LUMA,
        srgb_linear_limit=srgb.LINEAR_LIMIT,
        srgb_linear_slope=srgb.LINEAR_SLOPE,
        srgb_curve_scale=srgb.CURVE_SCALE,
        srgb_curve_offset=srgb.CURVE_OFFSET,
        per_srgb_power=1 / srgb.CURVE_POWER,
    )
    matrices = {
        "rec2020_to_lms": oklab.REC2020_TO_LMS,
        "roots_to_lab": oklab.ROOTS_TO_LAB,
        "lab_to_roots": oklab.LAB_TO_ROOTS,
        "lms_to_srgb": oklab.LMS_TO_SRGB,
        "rec2020_to_srgb": oklab._REC2020_TO_SRGB,
    }
    for name, matrix in matrices.items():
        getattr(k, name)[:] = _numbers(matrix)
    k.luminance[:] = srgb.LUMINANCE
    k.opponents[:] = [weight for opponent in denoise.OPPONENTS_OF_PLANES for weight in opponent]
    return k


def _fill_denoise(p: Parameters, corner: FrameBatch, luma: float, chroma: float) -> None:
    """The noise energy of each opponent is constant + per_level / (level + offset), as `stabilise.root_variance` has it."""
    gains, scales = per_plane(corner.wb_as_shot), len(denoise.WINDOW_RADII)
    p.stabilising_offset = float(stabilise.stabilising_offset(corner.noise, gains.mean(1, keepdim=True)))
    p.denoise_there[:] = _numbers((scales - torch.arange(scales) + corner.scale.log2()).clamp(0, 1))
    shot, read = (each.flatten().double() for each in (gains * p.noise[0], gains.square() * p.noise[1]))
    for opponent, strength in enumerate((luma, luma, chroma, chroma)):
        squares = torch.tensor(denoise.OPPONENTS_OF_PLANES[opponent]).double().square()
        a, b = (denoise.FULL_STRENGTH * strength * float(squares @ each) / 4 for each in (shot, read))
        p.denoise_constant[opponent], p.denoise_per_level[opponent] = a, b - a * p.stabilising_offset
        p.denoise_active[opponent] = strength > 0


def _numbers(tensor: Tensor) -> list[float]:
    return tensor.flatten().tolist()
