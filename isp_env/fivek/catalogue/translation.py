"""Lightroom's sliders as our parameters: a start and a prior for a fit, not the expert's picture.

On the pictures themselves such a translation closes 39 % of the way from the input to the expert, fitting to the picture 85 %, and
23 of 97 photos get worse by it (measured by others on the real data). Greys are laid on greys at two anchors that are known:
with brightness, contrast and shadows at 0 and a straight curve, Camera Raw of those years shows linear light; at its default (50,
25, 5, medium contrast) it shows the curve of the DNG SDK. How the way between is shared among the sliders is our guess.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from isp_env.fivek.catalogue.develop import LATER, LINEAR, DevelopSettings
from isp_env.fivek.catalogue.slider_table import BY_KEY, SHAPING
from isp_env.parameters.adobe_scales import UNITS, Amount, duv_of_tint
from isp_env.parameters.table import KNOWN

ZEROED: Mapping[str, float] = MappingProxyType({"exposure_ev": -0.475, "contrast": -0.334, "whites_ev": 1.6})
"""What makes our greys linear light (mean 0.6 of L* away from 1/128 to 1): the anchor with every slider at 0."""

EV_OF_BRIGHTNESS, WHITES_OF_BRIGHTNESS = 1.08, -1.45
"""What 50 of brightness add, so that the default's greys are those of the DNG SDK (mean 0.3 of L* away from 1/64 to 1)."""
CONTRAST_OF_BRIGHTNESS = 0.2  # what is left of the default's 0.479 after contrast and curve

TERMS: tuple[tuple[str, str, float], ...] = (
    ("Exposure", "exposure_ev", 1.0),
    ("Brightness", "exposure_ev", EV_OF_BRIGHTNESS / 50),
    ("Brightness", "whites_ev", WHITES_OF_BRIGHTNESS / 50),
    ("Brightness", "contrast", CONTRAST_OF_BRIGHTNESS / 50),
    ("Contrast", "contrast", UNITS["contrast"] / 100),
    (
        "HighlightRecovery",
        "highlights_ev",
        -UNITS["highlights_ev"] / 200,
    ),  # acts near white only: half of the modern slider
    ("FillLight", "shadows_ev", UNITS["shadows_ev"] / 100),
)
"""Slider, parameter, and what one step of the slider adds to it: tone, of processes before 2012."""

COLOUR: tuple[tuple[str, str, float], ...] = (
    ("Clarity", "clarity", UNITS["clarity"] / 100),
    ("Saturation", "saturation", UNITS["saturation"] / 100),
    ("Vibrance", "vibrance", UNITS["vibrance"] / 100),
)
AMOUNTS = (
    Amount("Sharpness", "sharpen", 25, 150),  # 25 was the default of those years
    Amount("LuminanceSmoothing", "denoise_luma", 0, 100),
    Amount("ColorNoiseReduction", "denoise_chroma", 25, 100),
)
BLACK_OF_SHADOWS = (
    0.001  # of white. Source: DNG SDK, dng_render: 5 is the default, a black point of 0.005 of unexposed light
)
DEFRINGE_STEPS = 2  # off, highlight edges, all edges
MIDDLE = 128  # of a point curve, where its slope counts
STANDARD_PROFILES = ("", "Adobe Standard")
NOTHING = 1e-6  # of a range


@dataclass(frozen=True)
class White:
    """A white point: mired, and Duv, of which positive is greener."""

    mired: float
    duv: float


@dataclass(frozen=True)
class Translation:
    """Parameters by name, all that the sliders say something about; `left_out` and `limited`: what they do not carry."""

    params: Mapping[str, float]
    left_out: tuple[str, ...]
    limited: tuple[str, ...]


def translate(settings: DevelopSettings, as_shot: White | None = None, own_exposure_ev: float = 0.0) -> Translation:
    """Return the parameters that an edit comes to, inside what their stages take.

    `as_shot`: the camera's white balance, without which another one is left out; `own_exposure_ev`: what our camera default
    adds to a raw that states no BaselineExposure, which Lightroom does not.
    """
    sums: dict[str, float] = defaultdict(float)
    left_out = _auto_and_unknown(settings) + _without_parameter(settings)
    if settings.process != LATER:
        sums |= ZEROED
        _add(sums, settings, TERMS)
        sums["contrast"] += slope_at_middle(settings)
        sums["blacks"] = _blacks(settings)
        sums["exposure_ev"] -= own_exposure_ev
    _add(sums, settings, COLOUR)
    _add_detail(sums, settings)
    if settings.is_grey:
        sums["saturation"] = -1.0
    left_out += _add_white(sums, settings, as_shot)
    return _inside(sums, left_out)


def as_shot_of(settings: DevelopSettings) -> White | None:
    """Return the camera's white balance as Lightroom wrote it with an edit that keeps it; None where it did not."""
    if not settings.is_as_shot or settings.temperature_k is None or settings.temperature_k <= 0:
        return None
    return White(1e6 / settings.temperature_k, duv_of_tint(settings.tint or 0.0))


def slope_at_middle(settings: DevelopSettings) -> float:
    """Return log2 of the point curve's slope between the points around its middle: what it adds to the contrast there."""
    places, values = zip(*settings.tone_curve, strict=True)
    step = 64  # to the next points of the named curves
    low, high = np.interp((MIDDLE - step, MIDDLE + step), places, values)
    return float(np.log2(max(high - low, 1) / (2 * step)))


def _number(settings: DevelopSettings, key: str) -> float:
    """A slider; where Lightroom works it out, what it is left at."""
    value = settings[key]
    return BY_KEY[key].absent if value is None else value


def _add(sums: dict[str, float], settings: DevelopSettings, terms: tuple[tuple[str, str, float], ...]) -> None:
    for key, parameter, step in terms:
        sums[parameter] += step * _number(settings, key)


def _add_detail(sums: dict[str, float], settings: DevelopSettings) -> None:
    for each in AMOUNTS:
        sums[each.parameter] = each.parameter_of(_number(settings, each.field))
    sums["sharpen_radius_px"] = _number(settings, "SharpenRadius")
    if defringe := _number(settings, "Defringe"):
        sums["defringe"] = defringe / DEFRINGE_STEPS


def _blacks(settings: DevelopSettings) -> float:
    """The end point that makes the black point 0: x' = x + b (1 - x) is 0 at x = -b / (1 - b), of light once exposed."""
    black = BLACK_OF_SHADOWS * _number(settings, "Shadows") * 2 ** max(_number(settings, "Exposure"), 0)
    return 0.0 - min(black, 0.5) / (1 - min(black, 0.5))  # no -0


def _add_white(sums: dict[str, float], settings: DevelopSettings, as_shot: White | None) -> list[str]:
    """Temperature and tint against those of the camera; returns why there are none."""
    if settings.is_as_shot:
        sums["temperature_mired"] = sums["tint_duv"] = 0.0
        return []
    if settings.temperature_k is None or settings.temperature_k <= 0:
        return [f"white balance {settings.white_balance!r}: no kelvin is written"]
    if as_shot is None:
        return [f"white balance {settings.temperature_k:g} K: the camera's own is not known, without the raw"]
    sums["temperature_mired"] = as_shot.mired - 1e6 / settings.temperature_k
    sums["tint_duv"] = as_shot.duv - duv_of_tint(settings.tint or 0.0)
    return []


def _auto_and_unknown(settings: DevelopSettings) -> list[str]:
    left_out = [f"{key}: Auto, which only Lightroom works out" for key in settings.auto if settings[key] is None]
    if settings.process == LATER:
        left_out.append(f"process version {settings.process_version}: its tone sliders are not those of FiveK")
    return left_out


def _without_parameter(settings: DevelopSettings) -> list[str]:
    """What does something in the edit that no parameter of ours does."""
    shaping = dict(SHAPING)
    if settings.is_grey:
        shaping["mix of greys"] = tuple(key for key in BY_KEY if key.startswith("GrayMixer"))
    left_out = [
        name for name, keys in shaping.items() if any(_number(settings, key) != BY_KEY[key].absent for key in keys)
    ]
    left_out += [f"{name}: of parts of the picture" for name in settings.local]
    if settings.tone_curve != LINEAR:
        left_out.append("point curve: but for its slope in the middle")
    if settings.camera_profile not in STANDARD_PROFILES:
        left_out.append(f"camera profile {settings.camera_profile!r}")
    if not settings.crop.is_whole:
        left_out.append("crop and angle: geometry, which is no parameter")
    return left_out


def _inside(sums: Mapping[str, float], left_out: list[str]) -> Translation:
    params, limited = {}, []
    for name, value in sums.items():
        low, high = KNOWN[name].limits
        params[name] = min(max(value, low), high)
        if abs(params[name] - value) > NOTHING * (high - low):
            limited.append(f"{name}: {value:.4g} limited to {params[name]:g}")
    return Translation(params, tuple(left_out), tuple(limited))
