import math
import pickle

import pytest
from fixtures.lightroom import LINEAR, MEDIUM, STROKES
from fixtures.lightroom_text import lightroom_text, positional

from attiqa_core.errors import InputError
from isp_env.fivek.catalogue.develop import CURVES, Crop, develop_settings, settings_of
from isp_env.fivek.catalogue.slider_table import BY_KEY, PROVEN, SLIDERS

AT_IMPORT = """s = { AutoGrayscaleMix = true,
Brightness = 50,
CameraProfile = "Adobe Standard",
ColorNoiseReduction = 25,
Contrast = 25,
ConvertToGrayscale = false,
Exposure = 0,
GrainSize = 25,
PerspectiveScale = 100,
ProcessVersion = "5.7",
RetouchInfo = {  },
Shadows = 5,
SharpenDetail = 25,
SharpenRadius = 1,
Sharpness = 25,
ToneCurve = { 0,
0,
255,
255 },
ToneCurveName = "Linear",
Version = "6.1",
WhiteBalance = "As Shot" }
"""
"""The form in which Lightroom writes a raw's settings at import, with the defaults of a raw."""


def test_local_corrections_that_repeat_names_do_not_leak_to_the_top():
    settings = settings_of(
        {"Exposure": 0.5, "PaintBasedCorrections": STROKES, "RetouchInfo": positional({"Contrast": 90})}
    )
    assert settings["Exposure"] == 0.5 and settings["Contrast"] == BY_KEY["Contrast"].absent
    assert settings.local == ("PaintBasedCorrections", "RetouchInfo")
    only_inside = settings_of({"GradientBasedCorrections": STROKES})
    assert only_inside["Exposure"] == 0 and "Exposure" in only_inside.missing


def test_corrections_that_hold_nothing_are_none():
    assert develop_settings("s = { RetouchInfo = {  }, PaintBasedCorrections = {  } }").local == ()


def test_a_slider_that_is_left_out_is_zero_only_where_its_default_is():
    settings = develop_settings("s = { Exposure = 0.3 }")
    assert all(settings[key] == 0 for key in PROVEN)
    expected = {
        "Brightness": 50,
        "Contrast": 25,
        "Shadows": 5,
        "Sharpness": 25,
        "ColorNoiseReduction": 25,
        "SharpenRadius": 1,
    }
    expected |= {"CropRight": 1, "CropBottom": 1, "ParametricMidtoneSplit": 50, "PerspectiveScale": 100}
    assert {key: settings[key] for key in expected} == expected
    assert "Exposure" not in settings.missing and set(expected) <= set(settings.missing)


def test_what_lightroom_writes_at_import_is_every_sliders_default():
    written, nothing = develop_settings(AT_IMPORT), develop_settings('s = { WhiteBalance = "As Shot" }')
    assert dict(written.sliders) == dict(nothing.sliders) and written.unknown == ()
    assert (written.process, written.crop, written.is_as_shot) == ("2010", Crop(), True)


def test_a_zero_that_is_written_is_zero():
    assert develop_settings("s = { Brightness = 0, Contrast = 0, Shadows = 0 }")["Brightness"] == 0


def test_minus_999999_is_auto_and_no_number():
    settings = develop_settings(
        "s = { Exposure = -999999, Contrast = 10, AutoBrightness = true, AutoShadows = true, Shadows = 3 }"
    )
    assert settings["Exposure"] is None and settings["Brightness"] is None and settings["Shadows"] == 3
    assert settings.auto == ("Exposure", "Shadows", "Brightness") and settings["Contrast"] == 10


@pytest.mark.parametrize(
    ("text", "name", "kelvin", "tint"),
    [
        ('WhiteBalance = "Custom", Temperature = 4000, Tint = 1, CustomTemperature = 5200, CustomTint = 7', "Custom", 5200, 7),
        ('WhiteBalance = "Custom", Temperature = 4000, Tint = 1', "Custom", 4000, 1),
        ('WhiteBalance = "Custom", Temperature = 4000, Tint = 1, CustomTemperature = -999999', "Custom", 4000, 1),
        ('WhiteBalance = "Auto", Temperature = 4000, Tint = 1, CustomTemperature = 5200', "Auto", 4000, 1),
        ('WhiteBalance = "Daylight"', "Daylight", 5500, 10),
        ('WhiteBalance = "Daylight", Temperature = 5400, Tint = 9', "Daylight", 5400, 9),
        ('WhiteBalance = "As Shot", Temperature = 4850, Tint = 2', "As Shot", 4850, 2),
        ('WhiteBalance = "As Shot"', "As Shot", None, None),
        ("Temperature = 4100", "Custom", 4100, None),
        ("Exposure = 0", "As Shot", None, None),
        ('WhiteBalance = "Custom", IncrementalTemperature = 12, IncrementalTint = 3', "Custom", None, None),
        ("IncrementalTemperature = 12", "Custom", None, None),
    ],
)  # fmt: skip
def test_custom_white_balance_wins_and_an_incremental_one_is_no_kelvin(text, name, kelvin, tint):
    settings = develop_settings(f"s = {{ {text} }}")
    assert (settings.white_balance, settings.temperature_k, settings.tint) == (name, kelvin, tint)


@pytest.mark.parametrize(
    ("version", "process"), [("", "2003"), ("5.0", "2003"), ("5.7", "2010"), ("6.7", "2012 or later")]
)
def test_an_edit_without_process_version_is_of_2003(version, process):
    text = f's = {{ ProcessVersion = "{version}" }}' if version else "s = { Exposure = 1 }"
    assert develop_settings(text).process == process


def test_the_point_curve_is_as_written_else_that_of_its_name_else_straight():
    assert (
        settings_of({"ToneCurve": MEDIUM, "ToneCurveName": "Medium Contrast"}).tone_curve == CURVES["Medium Contrast"]
    )
    assert settings_of({"ToneCurveName": "Medium Contrast"}).tone_curve == CURVES["Medium Contrast"]
    assert settings_of({}).tone_curve == settings_of({"ToneCurve": LINEAR}).tone_curve == ((0, 0), (255, 255))


def test_crop_and_angle_are_kept_for_geometry():
    settings = develop_settings("s = { CropLeft = 0.1, CropBottom = 0.9, CropAngle = -2.18554 }")
    assert settings.crop == Crop(0.1, 0.0, 1.0, 0.9, -2.18554) and not settings.crop.is_whole


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('Exposure = "much"', "Exposure: 'much' is no number"),
        ("Exposure = true", "Exposure: True is no number"),
        ("Contrast = { 1 }", "Contrast: a table is no number"),
        ("WhiteBalance = 5", "WhiteBalance: 5 is no string"),
        ("ToneCurve = { 0, 0, 255 }", "ToneCurve: is no list of points"),
        ("ToneCurve = { 0, 0, 0, 255 }", "from left to right"),
        ("ToneCurve = 3", "ToneCurve: is no list of points"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_name(text, said):
    with pytest.raises(InputError) as refused:
        develop_settings(f"s = {{ {text} }}")
    assert said in str(refused.value)


def test_sliders_of_later_processes_are_named_as_unknown():
    settings = develop_settings('s = { Exposure2012 = 0.5, Blacks2012 = 3, ProcessVersion = "6.7", AutoLateralCA = 0 }')
    assert settings.unknown == ("Blacks2012", "Exposure2012") and settings["Exposure"] == 0


def test_every_slider_stands_once_and_is_inside_its_range_where_it_is_absent():
    assert len(BY_KEY) == len(SLIDERS)
    assert all(each.low <= each.absent <= each.high or math.isnan(each.absent) for each in SLIDERS)


def test_settings_travel_between_processes():
    settings = develop_settings(AT_IMPORT)
    assert pickle.loads(pickle.dumps(settings)) == settings


def test_a_row_reads_the_same_as_text_and_as_table():
    table = {"Exposure": -0.25, "Vibrance": 30, "ToneCurve": MEDIUM, "PaintBasedCorrections": STROKES, "CustomTint": -7}
    assert develop_settings(lightroom_text(table)) == settings_of(table)
