"""What a recipe does to greys: the curve from scene light to display that other programs' tone curves carry."""

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.srgb import linear_from_srgb, srgb_from_linear
from attiqa_core.tensors import PerImage
from experiments.exports.scene_light import displayed
from isp_env.colorimetry.oklab import srgb_from_oklab
from isp_env.parameters.table import CURVE_NAMES, EXPOSURE8_NAMES
from isp_env.params import IspParams
from isp_env.stages import exposure8
from isp_env.stages.curve import lightness_curve

WHITE_ENOUGH = 0.9995  # of display white
LARGEST_TOP = 16.0  # of the default's white: what exposure and darkened highlights together ask for
STEPS = 4096  # of the search for display white

Curve = tuple[list[float], list[float]]
"""Where it is read and what it gives there, both rising from 0 to 1."""


def grey_display(light: Float[Tensor, " lights"], params: IspParams, white: PerImage) -> Float[Tensor, " lights"]:
    """Return display values of greys of these scene lights, black end point included."""
    blacks = params["blacks"]
    lit = light * (1 - blacks) + blacks
    return displayed(lit.view(1, 1, 1, -1).expand(1, 3, 1, -1), params, white)[0, 1, 0]


def top_light(params: IspParams, white: PerImage, blown: float) -> float:
    """Return the scene light at which the tone curve ends: at least the default's white, at most what is blown."""
    lights = float(white) * torch.linspace(1.0, LARGEST_TOP, STEPS)
    is_white = grey_display(lights, params, white) >= WHITE_ENOUGH
    first = float(lights[is_white.float().argmax()]) if is_white.any() else float(lights[-1])
    return max(float(white), min(blown, first))


def scene_curve(params: IspParams, white: PerImage, top: float, points: int) -> Curve:
    """Return the curve from sRGB-coded scene light, `top` being 1, to display values, at evenly spaced points."""
    codes = torch.linspace(0, 1, points)
    shown = grey_display(linear_from_srgb(codes) * top, params, white)
    return codes.tolist(), torch.cummax(shown, 0).values.tolist()


def display_curves(params: IspParams, points: int) -> dict[str, Curve]:
    """Return what the stages after the tone map do to display greys, as curves of all channels and of each.

    "all" is there if the curve of lightness or a filter of tones moves; "red", "green" and "blue" if theirs do.
    """
    codes = torch.linspace(0, 1, points)
    curves = {}
    toned = _toned(codes, params)
    if (toned - codes).abs().max() > 1e-4:
        curves["all"] = (codes.tolist(), torch.cummax(toned, 0).values.tolist())
    filters = params.table(EXPOSURE8_NAMES)
    if filters is None:
        return curves
    for channel in ("red", "green", "blue"):
        start = EXPOSURE8_NAMES.index(f"e8_{channel}_curve_1")
        moved = exposure8.curve(codes.view(1, 1, 1, -1), filters[:, start : start + 8]).flatten()
        if (moved - codes).abs().max() > 1e-4:
            curves[channel] = (codes.tolist(), torch.cummax(moved, 0).values.tolist())
    return curves


def _toned(codes: Tensor, params: IspParams) -> Tensor:
    lightness = linear_from_srgb(codes).pow(1 / 3)
    lab = torch.stack([lightness, torch.zeros_like(lightness), torch.zeros_like(lightness)])[None, :, None]
    knots, filters = params.table(CURVE_NAMES), params.table(EXPOSURE8_NAMES)
    lab = lab if knots is None else lightness_curve(lab, knots)
    display = srgb_from_linear(srgb_from_oklab(lab))
    if filters is not None:
        rest = filters.clone()
        for name in EXPOSURE8_NAMES:
            if "_curve_" in name:
                rest[:, EXPOSURE8_NAMES.index(name)] = 1
        display = exposure8.filtered(display, rest)
    return display[0, 1, 0].clamp(0, 1)
