"""A recipe in the fields of Camera Raw and Lightroom (namespace crs, process 2012 and later).

One to one where the field's meaning is published: EV of exposure, kelvin and tint, points of the tone curve, the radius of
sharpening. Every other slider is a range laid on a range: what Adobe's program makes of it was not measured.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from experiments.exports.grey_axis import Curve, display_curves
from experiments.exports.scene_light import SceneLight
from experiments.exports.translation import Notes, moved
from experiments.exports.white import ChosenWhite, adobe_white
from isp_env.frames.raw_samples import RawSamples
from isp_env.parameters.adobe_scales import KELVIN, TINT, UNITS, Amount, duv_of_tint
from isp_env.parameters.table import CURVE_NAMES, EXPOSURE8_NAMES, LENS_NAMES
from isp_env.params import IspParams
from isp_env.raw_io.files import PICTURE_EXPOSURE

PROCESS_VERSION = "11.0"
CURVE_POINTS = 16  # Camera Raw takes no more than some twenty
EXPOSURE_RANGE, RADIUS_RANGE, DEFRINGE_MOST = (-5.0, 5.0), (0.5, 3.0), 20
CURVE_FIELDS = {"all": "ToneCurvePV2012", "red": "ToneCurvePV2012Red", "green": "ToneCurvePV2012Green"} | {
    "blue": "ToneCurvePV2012Blue"
}
CARRIED_BY_CURVES = (
    *CURVE_NAMES,
    *(name for name in EXPOSURE8_NAMES if "_curve_" in name or "_tone_" in name or name in ("e8_gamma", "e8_contrast")),
)

Fields = dict[str, str | tuple[str, ...]]
"""Names without prefix; a tuple is a sequence of points."""


@dataclass(frozen=True)
class Slider:
    """A field from -100 to 100 and the parameter behind it; `unit` of the parameter is 100."""

    field: str
    parameter: str
    unit: float


SLIDERS = (
    Slider("Contrast2012", "contrast", UNITS["contrast"]),
    Slider("Highlights2012", "highlights_ev", UNITS["highlights_ev"]),
    Slider("Shadows2012", "shadows_ev", UNITS["shadows_ev"]),
    Slider("Whites2012", "whites_ev", UNITS["whites_ev"]),
    Slider("Blacks2012", "blacks", UNITS["blacks"]),
    Slider("Clarity2012", "clarity", UNITS["clarity"]),
    Slider("Saturation", "saturation", UNITS["saturation"]),
    Slider("Vibrance", "vibrance", UNITS["vibrance"]),
)
AMOUNTS = (
    Amount("Sharpness", "sharpen", 40, 150),
    Amount("LuminanceSmoothing", "denoise_luma", 0, 100),
    Amount("ColorNoiseReduction", "denoise_chroma", 25, 100),
)


def crs_fields(frame: RawSamples, params: IspParams) -> tuple[Fields, Notes]:
    """Return every field that a recipe sets, neutral ones too, and what they do not carry."""
    notes, values = Notes(), moved(params)
    exposure_ev = params_exposure(values) + own_exposure_ev(frame)
    fields: Fields = {
        "Version": "15.0",
        "ProcessVersion": PROCESS_VERSION,
        "HasSettings": "True",
        "AlreadyApplied": "False",
        **_white(frame, params, values, notes),
        "Exposure2012": f"{notes.within('Exposure2012', exposure_ev, *EXPOSURE_RANGE):+.2f}",
    }
    for each in SLIDERS:
        fields[each.field] = _signed(
            notes.within(each.field, 100 * values.get(each.parameter, 0) / each.unit, -100, 100)
        )
    for each in AMOUNTS:
        fields[each.field] = f"{each.field_of(values.get(each.parameter, 0.0)):.0f}"
    radius = notes.within("SharpenRadius", float(params["sharpen_radius_px"]), *RADIUS_RANGE)
    fields["SharpenRadius"] = f"{radius:+.1f}"
    defringe = f"{DEFRINGE_MOST * values.get('defringe', 0.0):.0f}"
    fields |= {"DefringePurpleAmount": defringe, "DefringeGreenAmount": defringe}
    fields |= _curves(params)
    if values.get("denoise_luma", 0) < 0:
        notes.leave_out(values, ("denoise_luma",), "Camera Raw's default takes none off luma already")
    notes.leave_out(values, ("hue_deg", *LENS_NAMES[:2]))
    notes.leave_out(values, [n for n in EXPOSURE8_NAMES if n not in (*CARRIED_BY_CURVES, "e8_exposure_ev")])
    return fields, notes


def params_exposure(values: Mapping[str, float]) -> float:
    """Return a recipe's scene gain in EV, that of Exposure's first filter included."""
    return values.get("exposure_ev", 0.0) + values.get("e8_exposure_ev", 0.0)


def own_exposure_ev(frame: RawSamples) -> float:
    """Return what our camera default adds to a raw that states no BaselineExposure, which Camera Raw does not."""
    return frame.baseline_exposure_ev if frame.metadata.get("exposure_source") == PICTURE_EXPOSURE else 0.0


def recipe_of(fields: Mapping[str, str | tuple[str, ...]], frame: RawSamples) -> dict[str, float]:
    """Return the parameters that stand in the fields one to one: the way back, rounding and limits included."""
    recipe = {"exposure_ev": _number(fields, "Exposure2012") - own_exposure_ev(frame)}
    if fields.get("WhiteBalance") == "Custom":
        as_shot = ChosenWhite.of(frame, IspParams.default(1), SceneLight.of(frame, IspParams.default(1)).gains)
        recipe["temperature_mired"] = as_shot.mired - 1e6 / _number(fields, "Temperature")
        recipe["tint_duv"] = as_shot.duv - duv_of_tint(_number(fields, "Tint"))
    recipe |= {each.parameter: _number(fields, each.field) * each.unit / 100 for each in SLIDERS}
    for each in AMOUNTS:
        recipe[each.parameter] = each.parameter_of(_number(fields, each.field))
    recipe["sharpen_radius_px"] = _number(fields, "SharpenRadius")
    defringe = _number(fields, "DefringePurpleAmount") / DEFRINGE_MOST
    return recipe | ({"defringe": defringe} if defringe else {})


def curves_of(fields: Mapping[str, str | tuple[str, ...]]) -> dict[str, Curve]:
    """Return the tone curves that stand in the fields, on display values from 0 to 1."""
    curves = {}
    for channel, name in CURVE_FIELDS.items():
        if points := fields.get(name):
            pairs = [tuple(float(each) / 255 for each in point.split(",")) for point in points]
            curves[channel] = ([place for place, _ in pairs], [value for _, value in pairs])
    return curves


def _white(frame: RawSamples, params: IspParams, values: Mapping[str, float], notes: Notes) -> Fields:
    if "temperature_mired" not in values and "tint_duv" not in values:
        return {"WhiteBalance": "As Shot"}
    kelvin, tint = adobe_white(ChosenWhite.of(frame, params, SceneLight.of(frame, params).gains))
    return {
        "WhiteBalance": "Custom",
        "Temperature": f"{notes.within('Temperature', kelvin, *KELVIN):.0f}",
        "Tint": _signed(notes.within("Tint", tint, *TINT)),
    }


def _curves(params: IspParams) -> Fields:
    curves = display_curves(params, CURVE_POINTS)
    fields: Fields = {"ToneCurveName2012": "Custom" if curves else "Linear"}
    for channel, (places, shown) in curves.items():
        points = [f"{255 * place:.0f}, {255 * value:.0f}" for place, value in zip(places, shown, strict=True)]
        fields[CURVE_FIELDS[channel]] = tuple(points)
    return fields


def _number(fields: Mapping[str, str | tuple[str, ...]], name: str) -> float:
    return float(str(fields[name]))


def _signed(value: float) -> str:
    """A whole number as Camera Raw writes it: +12, 0, -3."""
    return f"{round(value):+d}" if round(value) else "0"
