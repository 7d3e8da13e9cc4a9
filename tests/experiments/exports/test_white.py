import warnings

import numpy as np
import pytest

from experiments.exports.scene_light import SceneLight
from experiments.exports.white import ChosenWhite, adobe_white, light_srgb, rawtherapee_white
from isp_env.colorimetry.colour import XYZ_TO_SRGB
from isp_env.parameters.adobe_scales import duv_of_tint
from isp_env.params import IspParams

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import colour


def white_of(frame, **recipe) -> ChosenWhite:
    params = IspParams.from_dict(recipe)
    return ChosenWhite.of(frame, params, SceneLight.of(frame, params).gains)


def of_xy(xy) -> ChosenWhite:
    """The white of a chromaticity, by an independent program."""
    kelvin, duv = colour.temperature.uv_to_CCT_Ohno2013(colour.UCS_to_uv(colour.XYZ_to_UCS(colour.xy_to_XYZ(xy))))
    return ChosenWhite(1e6 / kelvin, duv, (1.0, 1.0, 1.0), np.eye(3))


def test_daylight_has_the_tint_that_camera_raw_calls_daylight():
    kelvin, tint = adobe_white(of_xy((0.33242, 0.34743)))  # D55; Camera Raw's preset is 5500 K, tint 10
    assert kelvin == pytest.approx(5503, abs=5) and tint == pytest.approx(10, abs=0.5)


def test_a_black_body_has_no_tint_and_greener_light_a_positive_one(frame):
    assert adobe_white(ChosenWhite(200.0, 0.0, (1, 1, 1), np.eye(3))) == (5000.0, 0.0)
    assert adobe_white(white_of(frame, tint_duv=-0.01))[1] > adobe_white(white_of(frame))[1]
    assert duv_of_tint(adobe_white(ChosenWhite(200.0, 0.004, (1, 1, 1), np.eye(3)))[1]) == pytest.approx(0.004)


def test_warmer_pictures_have_more_kelvin_in_both_programs(frame):
    shifts = (-40, -20, 0, 20, 40)
    for kelvin_and_green in (adobe_white, rawtherapee_white):
        kelvin = [kelvin_and_green(white_of(frame, temperature_mired=shift))[0] for shift in shifts]
        assert kelvin == sorted(kelvin) and len(set(kelvin)) == len(shifts)


@pytest.mark.parametrize("kelvin", [2400, 3300, 5000, 7000, 14000])
@pytest.mark.parametrize("green", [0.8, 1.0, 1.25])
def test_rawtherapees_white_comes_back_from_the_gains_that_it_stands_for(frame, kelvin, green):
    matrix = np.asarray(frame.calibration.xyz_to_camera[-1])
    red, middle, blue = light_srgb(kelvin)
    answer = matrix @ np.linalg.solve(XYZ_TO_SRGB, [red, middle / green, blue])
    found = rawtherapee_white(ChosenWhite(200.0, 0.0, tuple(1 / answer), matrix))
    assert found == (pytest.approx(kelvin, abs=1), pytest.approx(green, rel=2e-3))
