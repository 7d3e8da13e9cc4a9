"""What the native kernel is told, as ctypes structures, whose C++ declarations are written from them."""

import ctypes

import numpy as np

from isp_env.lens.geometry import TERMS
from isp_env.stages import demosaic, denoise, sharpen, stabilise

Real, Whole = ctypes.c_float, ctypes.c_int32


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
        ("lms_to_rgb", Real * 9),
        ("rec2020_to_rgb", Real * 9),
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
        ("dark_terms", Real * 2),
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


class Geometry(ctypes.Structure):
    """A lens's distortion, as `GeometryBatch` has it."""

    _fields_ = (
        ("radial", Real * TERMS),
        ("tangential", Real * 2),
        ("drawn_centre_px", Real * 2),
        ("drawn_to_px", Real * 2),
        ("radius_px", Real * 2),
        ("held", Real * 2),
    )


def declarations() -> str:
    """Return the C++ declarations of sizes and of the structures; `PointParameters` is a template over its number."""
    sizes = {
        "DEMOSAIC_REACH": demosaic.REACH_PX["menon"],
        "STEP_OF_GREENS": denoise.STEP_OF_GREENS,
        "LEVEL_RADIUS": denoise.LEVEL_RADIUS,
        "LOST_RADIUS": denoise.LOST_RADIUS,
        "WARP_TERMS": TERMS,
    }
    lines = ["#include <cstdint>", *(f"constexpr int {name} = {size};" for name, size in sizes.items())]
    lines += [
        f"constexpr int DENOISE_RADII[] = {{{', '.join(map(str, denoise.WINDOW_RADII))}}};",
        f"constexpr int DENOISE_MARGINS[] = {{{', '.join(map(str, denoise.MARGINS))}}};",
        f"constexpr float SMALLEST_ENERGY = {denoise.SMALLEST_ENERGY}f, STRAIGHT_BELOW = {stabilise.STRAIGHT_BELOW}f;",
    ]
    lines += ["template <class V> struct PointParameters {", *_members(PointParameters, "V"), "};"]
    for structure in (Constants, Parameters, Geometry):
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
