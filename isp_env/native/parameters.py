"""The numbers the native kernel works with, from the constants of the stages, a frame and its parameters."""

import ctypes
from collections.abc import Sequence

import torch
from torch import Tensor

from attiqa_core import srgb
from attiqa_core.filters import discrete_gaussian
from attiqa_core.tensors import PerImage
from isp_env.colorimetry import oklab
from isp_env.colorimetry.output_space import SRGB, OutputSpace
from isp_env.frames.batch import FrameBatch
from isp_env.frames.raw_samples import RawSamples
from isp_env.frames.scene import Look, WorkingSpaceMap, finishing_amounts, light_of_white, scene_map
from isp_env.lens.geometry import GREEN, LensGeometry
from isp_env.lens.geometry_batch import GeometryBatch, LateralBatch
from isp_env.native.point_numbers import point_numbers
from isp_env.native.structures import Constants, Geometry, Parameters, PointParameters
from isp_env.params import IspParams
from isp_env.sensor.cfa import cfa_index
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

ENDLESS = 1e9  # light that none is beyond: the clip follows
PLANE_COLOURS = (0, 1, 1, 2)  # of R, G, B, what the four planes are
_GEOMETRY = tuple(field[0] for field in Geometry._fields_)


@torch.no_grad()
def parameters_of(
    frame: RawSamples, params: IspParams, look: Look, space: OutputSpace = SRGB
) -> tuple[Parameters, WorkingSpaceMap]:
    """Return the numbers of one mosaic frame but for tile, threads and bits, and the map that clarity's base takes too."""
    corner = FrameBatch.stack([frame.corner()])
    to_scene = scene_map(corner, params, look)
    p = raw_parameters(frame)
    p.constants = constants(space)
    p.point = point_parameters(params, to_scene, light_of_white(corner))
    p.camera_look = look == "camera"
    p.tonal = any(float(params[name]) != 0 for name in ("highlights_ev", "shadows_ev", "whites_ev", "clarity"))
    p.gains[:] = [float(to_scene[0][0, colour]) for colour in PLANE_COLOURS]
    p.sharpen, *strengths = (float(amount) for amount in finishing_amounts(corner, params, look))
    variance = (params["sharpen_radius_px"] * corner.scale).square()
    p.sharpen_kernel[:] = _numbers(discrete_gaussian(variance, sharpen.RADIUS_PX))
    _fill_denoise(p, corner, *strengths)
    return p, to_scene


@torch.no_grad()
def denoise_parameters(frame: RawSamples, strengths: tuple[float, float]) -> Parameters:
    """Return what preparing, denoising by luma's and chroma's strengths and demosaicing take."""
    p = raw_parameters(frame)
    _fill_denoise(p, FrameBatch.stack([frame.corner()]), *strengths)
    return p


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


def mosaic_parameters(prepared: FrameBatch, gains: Tensor, strengths: Sequence[PerImage]) -> "ctypes.Array[Parameters]":
    """Return what denoising and demosaicing take, for each of a batch of prepared mosaics of even size; `gains`: (N, 3)."""
    height, width = prepared.samples.shape[-2:]
    alike = Parameters(constants=constants(), height=height, width=width, shown_height=height, shown_width=width)
    members = _denoise_members(prepared, *strengths)
    members["wb_as_shot"], members["gains"] = (
        of_colours[:, list(PLANE_COLOURS)].tolist() for of_colours in (prepared.wb_as_shot, gains)
    )
    members["site_of_plane"] = [list(SITE_OF_PLANE[cfa]) for cfa in prepared.cfa_index.tolist()]
    if prepared.shading is not None:
        alike.shading_rows, alike.shading_columns = prepared.shading.gains.shape[2:]
        members["shading_first_px"] = prepared.shading.first_px.tolist()
        members["shading_per_spacing"] = (1 / prepared.shading.spacing_px).tolist()
    each = (Parameters * len(prepared))(*[alike] * len(prepared))
    for name, values in members.items():
        for p, value in zip(each, values, strict=True):
            _fill(p, name, value)
    return each


def geometries_of(lateral: LateralBatch) -> "ctypes.Array[Geometry]":
    """Return red's and blue's geometry of each frame, one frame after the other."""
    both = [{name: getattr(of, name).tolist() for name in _GEOMETRY} for of in (lateral.red, lateral.blue)]
    each = (Geometry * (2 * len(both[0]["held"])))()
    for index, geometry in enumerate(each):
        for name, values in both[index % 2].items():
            _fill(geometry, name, values[index // 2])
    return each


def point_parameters(params: IspParams, to_scene: WorkingSpaceMap, white: PerImage) -> PointParameters:
    """Return what the point chain takes of one row of parameters; `white`: `frames.scene.light_of_white`."""
    _, matrix, offset = to_scene
    return PointParameters.from_buffer_copy(point_numbers(params, matrix, offset, white)[0].numpy().tobytes())


def geometry_of(geometry: LensGeometry, plane: int = GREEN) -> Geometry:
    """Return what the kernel takes of one plane's geometry."""
    batch = GeometryBatch.stack([geometry], plane=plane)
    return Geometry(**{name: tuple(_numbers(getattr(batch, name))) for name in _GEOMETRY})


def constants(space: OutputSpace = SRGB) -> Constants:
    """Return the constants that the torch modules hold, and the output space's."""
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
        "lms_to_rgb": space.from_lms,
        "rec2020_to_rgb": space.from_rec2020,
    }
    for name, matrix in matrices.items():
        getattr(k, name)[:] = _numbers(matrix)
    k.luminance[:] = space.luminance
    if not space.encoded:  # a straight part that never ends: light as it is
        k.srgb_linear_limit, k.srgb_linear_slope, k.srgb_curve_scale, k.srgb_curve_offset = ENDLESS, 1, 0, 0
    k.opponents[:] = [weight for opponent in denoise.OPPONENTS_OF_PLANES for weight in opponent]
    return k


def _fill_denoise(p: Parameters, corner: FrameBatch, luma: float, chroma: float) -> None:
    for name, (value,) in _denoise_members(corner, torch.tensor([luma]), torch.tensor([chroma])).items():
        _fill(p, name, value)


def _denoise_members(batch: FrameBatch, luma: PerImage, chroma: PerImage) -> dict[str, list]:
    """The members of `Parameters` that denoising takes, each a list over the batch."""
    gains = per_plane(batch.wb_as_shot)
    offset = stabilise.stabilising_offset(batch.noise, gains.mean(1, keepdim=True)).flatten(1).double()
    terms = (batch.noise.double(), gains.flatten(1).double(), denoise.OPPONENTS_OF_PLANES, offset)
    constant, per_level = denoise.noise_energy_terms(*terms)
    strengths = torch.stack([luma, luma, chroma, chroma], 1)
    dark = stabilise.dark_terms(batch.sensor_noise.double(), gains.double())
    members = {
        "stabilising_offset": offset[:, 0],
        "denoise_there": denoise.scales_there(-batch.scale.log2(), batch.sensor_noise),
        "dark_terms": torch.cat([term.flatten(1) for term in dark], 1),
        "denoise_constant": constant * strengths,
        "denoise_per_level": per_level * strengths,
        "denoise_active": (strengths > 0).int(),
    }
    return {name: value.tolist() for name, value in members.items()}


def _fill(structure: Parameters | Geometry, name: str, value: float | list[float]) -> None:
    if isinstance(value, list):
        getattr(structure, name)[:] = value
    else:
        setattr(structure, name, value)


def _numbers(tensor: Tensor) -> list[float]:
    return tensor.flatten().tolist()
