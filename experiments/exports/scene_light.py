"""What a recipe does to a pixel by itself: scene light to display, without any stage that looks at neighbours."""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.srgb import srgb_from_linear
from attiqa_core.tensors import Images, LinearRgb, PerImage
from isp_env.frames.batch import FrameBatch
from isp_env.frames.raw_samples import RawSamples
from isp_env.frames.scene import light_of_white, scene_map
from isp_env.parameters.table import CURVE_NAMES, EXPOSURE8_NAMES, LENS_NAMES
from isp_env.params import IspParams
from isp_env.stages import exposure8
from isp_env.stages.camera import REC2020_LUMA
from isp_env.stages.chroma import adjust_chroma
from isp_env.stages.clarity import Base
from isp_env.stages.curve import lightness_curve
from isp_env.stages.gamut import compress_gamut
from isp_env.stages.tone import apply_stops, to_stops, tone_curve
from isp_env.stages.tone_map import tone_map

LOCAL = ("clarity", "sharpen", "sharpen_radius_px", "denoise_luma", "denoise_chroma", *LENS_NAMES)
"""Parameters of stages that look at neighbours: no curve and no table of colours carries them."""


@dataclass(frozen=True)
class SceneLight:
    """How one raw's samples become scene-linear Rec.2020 under some parameters.

    `light = matrix @ camera_rgb + offset`, camera RGB not white-balanced; `white`: the light that is display white.
    """

    gains: Float[Tensor, "1 3"]
    matrix: Float[Tensor, "1 3 3"]
    offset: PerImage
    white: PerImage

    @classmethod
    def of(cls, frame: RawSamples, params: IspParams) -> "SceneLight":
        """Return that of a frame's camera look."""
        batch = FrameBatch.stack([replace(frame.corner(4), shading=None)])
        gains, matrix, offset = scene_map(batch, params, "camera")
        return cls(gains, matrix * gains[:, None, :], offset, light_of_white(batch))

    def change_to(self, other: "SceneLight") -> tuple[Float[Tensor, "1 3 3"], PerImage]:
        """Return (matrix, offset) that make this light into the other; this one has no offset."""
        return (other.matrix.double() @ self.matrix.double().inverse()).float(), other.offset


def displayed(light: LinearRgb, params: IspParams, white: PerImage) -> Images:
    """Return display sRGB in [0, 1] of scene-linear Rec.2020, as the pipeline shows an area without detail."""
    return before_the_clip(light, params, white).clamp(0, 1)


def before_the_clip(light: LinearRgb, params: IspParams, white: PerImage) -> Tensor:
    """Return what `displayed` clips: display sRGB that may leave [0, 1], with a slope everywhere."""
    luminance = torch.einsum("c,nchw->nhw", light.new_tensor(REC2020_LUMA), light)[:, None]
    stops = to_stops(luminance)
    moved = tone_curve(stops, params["highlights_ev"], params["shadows_ev"], params["whites_ev"])
    lab = tone_map(apply_stops(light, stops, moved), params["contrast"], white)
    knots, filters = params.table(CURVE_NAMES), params.table(EXPOSURE8_NAMES)
    lab = lab if knots is None else lightness_curve(lab, knots)
    lab = adjust_chroma(lab, params["saturation"], params["vibrance"], params["hue_deg"])
    display = srgb_from_linear(compress_gamut(lab)[0])
    return display if filters is None else exposure8.filtered(display, filters)


def global_only(params: IspParams) -> IspParams:
    """Return the parameters with those of LOCAL at the camera's own amounts."""
    recipe = {name: value for name, value in params.to_dicts()[0].items() if name not in LOCAL}
    return IspParams.from_dict(recipe)


def base_of_each_pixel(frame: FrameBatch) -> Base:
    """Return the base that is the picture itself: tone then acts on every pixel by its own light."""
    one_cell = frame.samples.new_tensor([1.0, 0.0]).view(1, 2, 1, 1)
    return Base(one_cell, max(frame.samples.shape[-2:]))
