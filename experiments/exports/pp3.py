"""A recipe as a profile of RawTherapee 5.9: the look of our camera default, and what the recipe makes of it.

The curve of tones carries exactly what greys go through; the other constants were fitted to RawTherapee's renders
(`experiments/isp_quality/rawtherapee_table.py`; docs/exports.md has what is left).
"""

import math

import numpy as np

from experiments.exports.grey_axis import Curve, scene_curve, top_light
from experiments.exports.scene_light import SceneLight
from experiments.exports.translation import Notes, moved
from experiments.exports.white import RAWTHERAPEE_GREEN, ChosenWhite, rawtherapee_white
from isp_env.frames.batch import FrameBatch
from isp_env.frames.raw_samples import RawSamples
from isp_env.frames.scene import finishing_amounts
from isp_env.parameters.table import EXPOSURE8_NAMES, LENS_NAMES
from isp_env.params import IspParams

APP_VERSION, PROFILE_VERSION = "5.9", "349"
HEAD = "# Made by attiqa-isp"
CURVE_POINTS = 24
PALE_ON_AXIS = 1 / 6.4  # of the chroma axis: where vibrance acts by half
CHROMA_POINTS = (*np.linspace(0, 0.3, 10).tolist(), 0.4, 0.6, 0.8, 1.0)
HUE_SHIFT_PER_DEG = 0.25 / 360  # of the axis of the hue equaliser
LOCAL_RADIUS, LOCAL_AMOUNT = 0.03, 0.17  # of the short edge; for each doubling of detail
RADIUS_RANGE = (20.0, 200.0)
SHARPEN, LUMA, CHROMA = 90.0, 10.0, 6.0  # at an amount or strength of 1
OF_TONE = ("e8_exposure_ev", "e8_gamma", "e8_contrast", *(f"e8_tone_{step}" for step in range(1, 9)))

Sections = dict[str, dict[str, str]]


def profile_sections(frame: RawSamples, params: IspParams) -> tuple[Sections, Notes]:
    """Return the sections of the profile by their names, and what they do not carry."""
    notes, values = Notes(), moved(params)
    sections = _light(frame, params, notes) | _colour(values, notes) | _detail(frame, params, values, notes)
    of_colour = [name for name in EXPOSURE8_NAMES if name not in (*OF_TONE, "e8_grey")]
    notes.leave_out(values, (*LENS_NAMES, *of_colour))
    toned = ("highlights_ev", "shadows_ev", "whites_ev")
    notes.leave_out(values, toned, "carried by the curve of tones, which flattens detail where we keep it")
    return {"Version": {"AppVersion": APP_VERSION, "Version": PROFILE_VERSION}, **sections}, notes


def profile_text(sections: Sections, remarks: tuple[str, ...] = ()) -> str:
    """Return the file: remarks as comments, then the sections."""
    lines = [HEAD, *(f"# {remark}" for remark in remarks)]
    for name, fields in sections.items():
        lines += ["", f"[{name}]", *(f"{key}={value}" for key, value in fields.items())]
    return "\n".join(lines) + "\n"


def _light(frame: RawSamples, params: IspParams, notes: Notes) -> Sections:
    """Exposure, white balance and the curve of tones; highlights are recovered, for the curve ends at what is blown."""
    scene = SceneLight.of(frame, params)
    gains, filters = scene.gains.flatten(), params.table(EXPOSURE8_NAMES)
    own_ev = float(params["exposure_ev"]) + (0.0 if filters is None else float(filters[0, 0]))
    top = top_light(params, scene.white, float(scene.white) * 2**own_ev)
    exposure_ev = own_ev + frame.baseline_exposure_ev - math.log2(top) + math.log2(float(gains.min()))
    kelvin, green = rawtherapee_white(ChosenWhite.of(frame, params, gains))
    return {
        "Exposure": {
            "Compensation": f"{notes.within('Compensation', exposure_ev, -5, 12):.4f}",
            "CurveMode": "FilmLike",  # keeps the hue, as our tone map does
            "Curve": _curve(scene_curve(params, scene.white, top, CURVE_POINTS)),
        },
        "HLRecovery": {"Enabled": "true", "Method": "Blend"},
        "White Balance": {
            "Setting": "Custom",
            "Temperature": f"{kelvin:.0f}",
            "Green": f"{notes.within('Green', green, *RAWTHERAPEE_GREEN):.4f}",
        },
        "Color Management": {"WorkingProfile": "Rec2020", "OutputProfile": "RTv4_sRGB"},  # the curve's primaries
    }


def _colour(values: dict[str, float], notes: Notes) -> Sections:
    """Saturation as Lab chroma, vibrance as a curve of chroma, hue as a flat shift."""
    sections: Sections = {}
    grey = 1 - values.get("e8_grey", 0.0)
    chroma = 100 * ((1 + values.get("saturation", 0.0)) * grey - 1)
    lab = {"Chromaticity": f"{notes.within('Chromaticity', chroma, -100, 100):.0f}"} if abs(chroma) >= 0.5 else {}
    if vibrance := values.get("vibrance"):
        lab["ccCurve"] = _curve(_chroma_curve(vibrance))
    if lab:
        sections["Luminance Curve"] = {"Enabled": "true", **lab}
    if turn := values.get("hue_deg"):
        place = 0.5 + notes.within("hue_deg", turn, -90, 90) * HUE_SHIFT_PER_DEG
        knots = "".join(f"{hue / 6:.4f};{place:.5f};0.35;0.35;" for hue in range(6))
        sections["HSV Equalizer"] = {"Enabled": "true", "HCurve": f"1;{knots}"}
    return sections


def _detail(frame: RawSamples, params: IspParams, values: dict[str, float], notes: Notes) -> Sections:
    """Local contrast, the unsharp mask and denoising, the camera default's own amounts included."""
    sections: Sections = {}
    sharpen, luma, chroma = (float(each) for each in finishing_amounts(FrameBatch.stack([frame]), params, "camera"))
    if (clarity := values.get("clarity", 0.0)) > 0:
        radius = min(max(LOCAL_RADIUS * min(frame.samples.shape[:2]), RADIUS_RANGE[0]), RADIUS_RANGE[1])
        amount = notes.within("Local Contrast", LOCAL_AMOUNT * (2**clarity - 1), 0, 1)
        sections["Local Contrast"] = {"Enabled": "true", "Radius": f"{radius:.0f}", "Amount": f"{amount:.4f}"}
    elif clarity < 0:
        notes.leave_out(values, ("clarity",), "local contrast is only added there")
    if sharpen > 0:
        sections["Sharpening"] = {
            "Enabled": "true",
            "Contrast": "0",
            "Method": "usm",
            "Radius": f"{float(params['sharpen_radius_px']):.3f}",
            "Amount": f"{SHARPEN * sharpen:.0f}",
            "Threshold": "0;0;2000;2000;",
            "OnlyEdges": "false",
            "HalocontrolEnabled": "false",
        }
    if luma > 0 or chroma > 0:
        amounts = {"Luma": f"{LUMA * luma:.2f}", "Ldetail": "0", "Chroma": f"{CHROMA * chroma:.2f}"}
        manual = {"Method": "Lab", "LMethod": "SLI", "CMethod": "MAN", "C2Method": "MANU"}
        sections["Directional Pyramid Denoising"] = {"Enabled": "true", **amounts, **manual}
    return sections


def _chroma_curve(vibrance: float) -> Curve:
    """The gain of the pale colours as chroma out of chroma; rising for any vibrance in [-1, 1]."""
    places = np.array(CHROMA_POINTS)
    raised = places * (1 + vibrance / (1 + (places / PALE_ON_AXIS) ** 2))
    return places.tolist(), np.maximum.accumulate(raised.clip(0, 1)).tolist()


def _curve(curve: Curve) -> str:
    """A spline of RawTherapee."""
    return "1;" + "".join(f"{place:.5f};{value:.5f};" for place, value in zip(*curve, strict=True))
