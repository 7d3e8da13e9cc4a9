"""Delta E, white and exposure against colour-science and against what is planted."""

import colour
import numpy as np
import pytest

from experiments.chart.colour_errors import (
    D50_TO_D65,
    D65_TO_D50,
    colour_errors,
    lab_from_xyz,
    xyz_from_lab,
    xyz_from_linear_srgb,
)
from experiments.chart.reference import MIDDLE_GREYS, read_reference
from isp_env.colorimetry.colour import D50_XYZ

REFERENCE = read_reference("classic24").lab
RIGHT = xyz_from_lab(REFERENCE)


def test_lab_is_colour_sciences_and_comes_back():
    d50 = colour.XYZ_to_xy(np.array(D50_XYZ))
    assert np.allclose(lab_from_xyz(RIGHT), colour.XYZ_to_Lab(RIGHT, d50), atol=1e-6)
    assert np.allclose(lab_from_xyz(RIGHT), REFERENCE, atol=1e-9)


def test_a_right_chart_has_no_errors():
    errors = colour_errors(RIGHT, REFERENCE)
    assert errors.delta_e.max() < 1e-6 and errors.delta_c.max() < 1e-6
    assert (
        abs(errors.exposure_ev) < 1e-9
        and errors.tone_slope == pytest.approx(1)
        and errors.saturation == pytest.approx(1)
    )
    assert abs(errors.warmer_mired) < 1e-6 and abs(errors.greener_duv) < 1e-9


def test_planted_differences_come_out_as_colour_sciences_delta_e():
    moved = REFERENCE + np.random.default_rng(0).normal(0, 4, REFERENCE.shape)
    moved[MIDDLE_GREYS] = REFERENCE[MIDDLE_GREYS]  # the exposure is theirs
    errors = colour_errors(xyz_from_lab(moved), REFERENCE)
    assert np.allclose(errors.delta_e, colour.delta_E(moved, REFERENCE, method="CIE 2000"), atol=1e-6)
    assert np.allclose(errors.delta_c, np.hypot(*(moved - REFERENCE)[:, 1:].T), atol=1e-6)


def test_exposure_is_measured_and_taken_out_of_delta_e():
    errors = colour_errors(RIGHT * 2**-0.75, REFERENCE)
    assert errors.exposure_ev == pytest.approx(-0.75) and errors.delta_e.max() < 1e-6
    assert errors.delta_e_as_is.mean() > 5


def test_a_power_curve_shows_as_the_slope_of_tone():
    assert colour_errors(RIGHT**1.2, REFERENCE).tone_slope == pytest.approx(1.2, abs=0.01)


@pytest.mark.parametrize(("kelvin", "duv"), [(5500, 0.0), (7500, 0.0), (6504, 0.004), (6504, -0.004)])
def test_a_cast_is_measured_in_mired_and_duv_as_colour_science_has_them(kelvin, duv):
    as_white = colour.temperature.CCT_to_uv_Ohno2013(np.array([[6504.0, 0.0032], [kelvin, 0.0032 + duv]]))
    d65, light = (colour.xy_to_XYZ(colour.UCS_uv_to_xy(each)) for each in as_white)
    under_d65 = RIGHT @ D50_TO_D65.T * (light / d65)
    errors = colour_errors(under_d65 @ D65_TO_D50.T, REFERENCE)
    assert errors.warmer_mired == pytest.approx(1e6 / kelvin - 1e6 / 6504, abs=0.6)
    assert errors.greener_duv == pytest.approx(duv, abs=1e-4)


def test_less_chroma_shows_as_saturation():
    grey = REFERENCE * [1, 0.8, 0.8]
    assert colour_errors(xyz_from_lab(grey), REFERENCE).saturation == pytest.approx(0.8, abs=1e-3)


def test_display_white_is_lab_white():
    assert np.allclose(lab_from_xyz(xyz_from_linear_srgb(np.ones((1, 3)))), [[100, 0, 0]], atol=5e-3)
