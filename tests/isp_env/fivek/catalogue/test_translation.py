from dataclasses import replace

import numpy as np
import pytest
import torch
from fixtures.lightroom import MEDIUM, STROKES
from fixtures.lightroom_text import positional
from fixtures.photographs import smooth_scene

from experiments.exports.xmp_fields import crs_fields
from isp_env.fivek.catalogue.develop import settings_of
from isp_env.fivek.catalogue.for_frames import as_shot_white, params_from_sliders
from isp_env.fivek.catalogue.slider_table import BY_KEY
from isp_env.fivek.catalogue.translation import ZEROED, White, as_shot_of, translate
from isp_env.parameters.table import KNOWN
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.files import PICTURE_EXPOSURE
from isp_env.raw_io.synthetic import synthesise
from isp_env.stages.highlights import CLIP_END
from isp_env.stages.tone import MID_GREY, to_stops, tone_curve
from isp_env.stages.tone_map import display_curve

ZERO = {
    "Brightness": 0,
    "Contrast": 0,
    "Shadows": 0,
    "Sharpness": 0,
    "ColorNoiseReduction": 0,
    "WhiteBalance": "As Shot",
}
DNG_SDK = {
    1 / 64: 0.01485,
    1 / 32: 0.04002,
    1 / 16: 0.10433,
    1 / 8: 0.25961,
    0.18: 0.38809,
    0.25: 0.52069,
    0.5: 0.80486,
    0.75: 0.93986,
}
"""Light of the scene to light of the display, by Adobe's default curve. Source: DNG SDK, dng_tone_curve_acr3_default."""


@pytest.fixture(scope="module")
def frame() -> RawFrame:
    return synthesise(smooth_scene(3), CAMERAS["sony-a7m3"], generator=np.random.default_rng(0), name="scene")


def params_of(**settings):
    return translate(settings_of(ZERO | settings)).params


def shown_greys(light: np.ndarray, params) -> np.ndarray:
    """L* of greys under the parameters, by the pipeline's own stages."""
    of = {name: torch.tensor([value], dtype=torch.float64) for name, value in params.items()}
    lit = torch.from_numpy(light) * 2 ** of["exposure_ev"] * (1 - of["blacks"]) + of["blacks"]
    stops = tone_curve(to_stops(lit.view(1, 1, 1, -1)), of["highlights_ev"], of["shadows_ev"], of["whites_ev"])
    white = torch.tensor([2.0 * CLIP_END], dtype=torch.float64)
    return lightness(display_curve(MID_GREY * stops.exp2(), of["contrast"], white).flatten().numpy())


def lightness(display: np.ndarray) -> np.ndarray:
    return 116 * np.cbrt(np.clip(display, 0.008856, 1)) - 16


def test_sliders_at_zero_show_linear_light():
    light = 2.0 ** np.arange(-6, 0.1, 0.5)
    off = np.abs(shown_greys(light, params_of()) - lightness(light))
    assert off.mean() < 0.8 and off.max() < 2


def test_the_default_shows_the_greys_of_adobes_own_default_curve():
    default = settings_of({"ToneCurve": MEDIUM, "WhiteBalance": "As Shot"})
    light, wanted = np.array(list(DNG_SDK)), np.array(list(DNG_SDK.values()))
    unexposed = 0.005 + 0.995 * light  # Shadows 5: the curve comes after the black point
    off = np.abs(shown_greys(unexposed, translate(default).params) - lightness(wanted))
    assert off.mean() < 0.6 and off.max() < 1.5


@pytest.mark.parametrize(
    ("key", "parameter", "direction"),
    [
        ("Exposure", "exposure_ev", 1), ("Brightness", "exposure_ev", 1), ("Brightness", "whites_ev", -1), ("Contrast", "contrast", 1),
        ("Shadows", "blacks", -1), ("HighlightRecovery", "highlights_ev", -1), ("FillLight", "shadows_ev", 1),
        ("Clarity", "clarity", 1), ("Saturation", "saturation", 1), ("Vibrance", "vibrance", 1), ("Sharpness", "sharpen", 1),
        ("SharpenRadius", "sharpen_radius_px", 1), ("LuminanceSmoothing", "denoise_luma", 1),
        ("ColorNoiseReduction", "denoise_chroma", 1), ("Defringe", "defringe", 1),
    ],
)  # fmt: skip
def test_a_slider_moves_its_parameter_one_way_and_stays_inside_what_its_stage_takes(key, parameter, direction):
    slider = BY_KEY[key]
    found = [
        params_of(**{key: value}).get(parameter, 0.0) for value in np.linspace(slider.low, slider.high, 9).tolist()
    ]
    steps = direction * np.diff(found)
    low, high = KNOWN[parameter].limits
    assert (steps >= 0).all() and steps.max() > 0 and low <= min(found) <= max(found) <= high
    IspParams.from_dict(params_of(**{key: slider.low}) | params_of(**{key: slider.high}))


def test_neutral_sliders_leave_colour_alone_and_a_stop_is_a_stop():
    params = params_of()
    assert {
        params[name] for name in ("saturation", "vibrance", "clarity", "temperature_mired", "tint_duv", "blacks")
    } == {0}
    assert params["exposure_ev"] == ZEROED["exposure_ev"]
    assert params_of(Exposure=1.0)["exposure_ev"] - params["exposure_ev"] == pytest.approx(1)


def test_a_steeper_point_curve_is_more_contrast():
    medium, straight = (params_of(ToneCurve=curve)["contrast"] for curve in (MEDIUM, positional(0, 0, 255, 255)))
    assert medium - straight == pytest.approx(np.log2(140 / 128))


def test_the_black_point_is_of_unexposed_light_and_lands_at_zero():
    for exposure in (0.0, 1.0):
        params = params_of(Shadows=12, Exposure=exposure)
        black = 0.012 * 2**exposure
        assert black * (1 - params["blacks"]) + params["blacks"] == pytest.approx(0, abs=1e-9)
    assert params_of(Shadows=12, Exposure=-1.0)["blacks"] == params_of(Shadows=12)["blacks"]


def test_the_cameras_own_white_is_taken_from_an_edit_that_keeps_it():
    assert as_shot_of(settings_of({"WhiteBalance": "As Shot", "Temperature": 5000, "Tint": 30})) == White(200.0, 0.01)
    assert as_shot_of(settings_of({"WhiteBalance": "As Shot"})) is None
    assert as_shot_of(settings_of({"WhiteBalance": "Custom", "Temperature": 5000})) is None


def test_what_is_limited_is_said():
    said = translate(settings_of(ZERO | {"Shadows": 100, "Exposure": 4, "Brightness": 100}), White(200, 0))
    assert [each.split(":")[0] for each in said.limited] == ["exposure_ev", "blacks"]
    assert (said.params["blacks"], said.params["exposure_ev"]) == (-0.05, 4)
    far = translate(
        settings_of({"WhiteBalance": "Custom", "CustomTemperature": 2000, "CustomTint": 150}), White(150, 0.0)
    )
    assert far.params["temperature_mired"] == -100 and far.params["tint_duv"] == -0.03 and len(far.limited) == 2


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"SaturationAdjustmentBlue": -20}, "hue, saturation, luminance by colour"),
        ({"ParametricDarks": 10}, "parametric curve"),
        ({"SplitToningShadowSaturation": 5}, "split toning"),
        ({"VignetteAmount": -30}, "vignette"),
        ({"PaintBasedCorrections": STROKES}, "PaintBasedCorrections: of parts of the picture"),
        ({"ToneCurve": MEDIUM}, "point curve: but for its slope in the middle"),
        ({"CameraProfile": "Camera Vivid"}, "camera profile 'Camera Vivid'"),
        ({"CropLeft": 0.1}, "crop and angle: geometry, which is no parameter"),
        ({"Contrast": -999999}, "Contrast: Auto, which only Lightroom works out"),
        ({"ConvertToGrayscale": True, "GrayMixerRed": 12}, "mix of greys"),
        ({"WhiteBalance": "Custom", "IncrementalTemperature": 10}, "white balance 'Custom': no kelvin is written"),
        (
            {"WhiteBalance": "Custom", "Temperature": 4000},
            "white balance 4000 K: the camera's own is not known, without the raw",
        ),
    ],
)
def test_what_has_no_parameter_is_named(settings, said):
    assert translate(settings_of(ZERO | settings)).left_out == (said,)


def test_an_edit_with_nothing_but_what_carries_over_leaves_nothing_out():
    edit = ZERO | {"Exposure": 0.5, "Vibrance": 20, "RetouchInfo": {}, "GrayMixerRed": 12, "ParametricShadowSplit": 30}
    assert translate(settings_of(edit)).left_out == ()


def test_a_grey_picture_has_no_colour():
    assert params_of(ConvertToGrayscale=True, Saturation=40)["saturation"] == -1


def test_tone_of_a_later_process_is_not_taken_for_that_of_fivek():
    said = translate(
        settings_of({"ProcessVersion": "6.7", "Exposure2012": 1.0, "Saturation": 10, "WhiteBalance": "As Shot"})
    )
    assert "exposure_ev" not in said.params and said.params["saturation"] == pytest.approx(0.1)
    assert said.left_out[0].startswith("process version 6.7")


def test_warmer_kelvin_is_a_warmer_picture_and_more_tint_a_more_magenta_one(frame):
    def shift(kelvin, tint):
        edit = {"WhiteBalance": "Custom", "CustomTemperature": kelvin, "CustomTint": tint}
        params = params_from_sliders(settings_of(edit), frame).params
        return params["temperature_mired"], params["tint_duv"]

    as_shot = as_shot_white(frame.calibration, frame.wb_as_shot)
    kelvin, tint = 1e6 / as_shot.mired, 3000 * as_shot.duv
    assert shift(kelvin, tint) == (pytest.approx(0, abs=1e-3), pytest.approx(0, abs=1e-6))
    assert shift(kelvin * 1.1, tint)[0] > 0 > shift(kelvin / 1.1, tint)[0]
    assert shift(kelvin, tint + 10)[1] < 0 < shift(kelvin, tint - 10)[1]


def test_exposure_that_only_our_camera_default_adds_is_taken_off(frame):
    plain = params_from_sliders(settings_of(ZERO), frame).params["exposure_ev"]
    brightened = replace(
        frame, baseline_exposure_ev=0.7, metadata={**frame.metadata, "exposure_source": PICTURE_EXPOSURE}
    )
    assert params_from_sliders(settings_of(ZERO), brightened).params["exposure_ev"] == pytest.approx(plain - 0.7)
    stated = replace(brightened, metadata={"exposure_source": "DNG BaselineExposure"})
    assert params_from_sliders(settings_of(ZERO), stated).params["exposure_ev"] == plain


def test_what_our_xmp_export_writes_comes_back_where_both_have_the_slider(frame):
    """Rounding of whole kelvin, tint and hundredths is all that is lost; tone sliders are of another process, and Sharpness has
    another default there (40, here 25)."""
    recipe = {"temperature_mired": 22.0, "tint_duv": -0.004, "saturation": 0.23, "vibrance": -0.41, "clarity": 0.6}
    recipe |= {"denoise_luma": 0.35, "denoise_chroma": -0.4}
    fields, _ = crs_fields(frame, IspParams.from_dict(recipe))
    shared = ("Temperature", "Tint", "Saturation", "Vibrance", "LuminanceSmoothing", "ColorNoiseReduction")
    edit = {key: float(str(fields[key])) for key in shared} | {"WhiteBalance": "Custom"}
    back = params_from_sliders(settings_of(edit | {"Clarity": float(str(fields["Clarity2012"]))}), frame).params
    off = {name: abs(back[name] - value) for name, value in recipe.items()}
    assert off.pop("temperature_mired") < 0.03 and off.pop("tint_duv") <= 0.5 / 3000 + 1e-6
    assert max(off.values()) <= 0.0076
