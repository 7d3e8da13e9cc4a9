"""Colour of synthetic DNGs against the specification's formulas, which `fixtures.dng_theory` computes apart from our code."""

from dataclasses import replace

import numpy as np
import pytest
from fixtures.dng_files import ASCII, RATIONAL, SHORT, UNDEFINED, stored_dn, write
from fixtures.dng_patches import camera_values, colour_of_tags, largest_delta_e, mosaic_of, picture_of
from fixtures.dng_theory import CM_A, CM_D65, CM_FLUORESCENT, FM_A, FM_D65, Theory, locus_xy

from isp_env.raw import RawFrame

LARGEST = 0.3  # CIEDE2000
A, D65 = locus_xy(2850), locus_xy(6500)  # as Adobe's SDK reads the codes 17 and 21
WARM, OFF_LOCUS = (0.4476, 0.4074), (0.3900, 0.4000)
TWO = Theory((CM_A, CM_D65), (A, D65))
UNIT_A = np.array([[1.06, 0.03, -0.02], [-0.04, 0.97, 0.05], [0.02, -0.05, 1.1]])
UNIT_D65 = np.array([[0.92, -0.05, 0.04], [0.05, 1.04, -0.06], [-0.04, 0.06, 0.9]])


def frame_of(path, theory, white_xy, tags, cfa="RGGB", **options) -> tuple[RawFrame, np.ndarray]:
    camera = camera_values(theory, white_xy)
    write(path, stored_dn(mosaic_of(picture_of(camera), cfa)), tags, cfa, **options)
    return RawFrame.load(path), camera


KINDS = {
    "one light": Theory((CM_D65,)),
    "two lights": TWO,
    "analog balance": replace(TWO, analog_balance=(1.3, 1.0, 0.8)),
    "calibration of one light": Theory((CM_D65,), calibration=(UNIT_D65,)),
    "calibrations interpolated apart": replace(TWO, calibration=(UNIT_A, UNIT_D65), analog_balance=(1.1, 1.0, 0.9)),
    "forward matrices": replace(TWO, forward=(FM_A, FM_D65)),
    "forward matrices of another camera": replace(TWO, forward=(FM_A, FM_D65), calibration=(UNIT_A, UNIT_D65)),
    "diagonal calibration and forward": replace(
        TWO, forward=(FM_A, FM_D65), calibration=(np.diag([1.1, 1, 0.9]), np.diag([0.9, 1, 1.2]))
    ),
}


@pytest.mark.parametrize("white_xy", [WARM, OFF_LOCUS, (0.33, 0.35)])
@pytest.mark.parametrize("kind", KINDS)
def test_colours_are_the_specifications(tmp_path, kind, white_xy):
    theory = KINDS[kind]
    frame, camera = frame_of(
        tmp_path / "a.dng", theory, white_xy, colour_of_tags(theory, neutral=theory.neutral(white_xy))
    )
    assert frame.metadata["wb_source"] == "DNG AsShotNeutral"
    assert largest_delta_e(frame, theory, white_xy, camera) <= LARGEST


@pytest.mark.parametrize("white_xy", [WARM, OFF_LOCUS])
@pytest.mark.parametrize("kind", ["one light", "two lights", "calibrations interpolated apart", "forward matrices"])
def test_a_white_balance_that_is_stated_as_a_chromaticity_is_followed(tmp_path, kind, white_xy):
    theory = KINDS[kind]
    frame, camera = frame_of(tmp_path / "a.dng", theory, white_xy, colour_of_tags(theory, white_xy=white_xy))
    assert frame.metadata["wb_source"] == "DNG AsShotWhiteXY"
    assert largest_delta_e(frame, theory, white_xy, camera) <= LARGEST


def test_the_theory_finds_the_light_of_its_own_neutral():
    assert np.allclose(TWO.white_xy(TWO.neutral(OFF_LOCUS)), OFF_LOCUS, atol=1e-6)


def test_a_calibration_signed_otherwise_than_the_profile_is_not_used(tmp_path):
    with_unit = KINDS["calibrations interpolated apart"]
    signed = {50931: (ASCII, "com.maker"), 50932: (ASCII, "com.maker")}
    tags = colour_of_tags(with_unit, neutral=with_unit.neutral(WARM)) | signed
    frame, camera = frame_of(tmp_path / "same.dng", with_unit, WARM, tags)
    assert largest_delta_e(frame, with_unit, WARM, camera) <= LARGEST
    without = replace(with_unit, calibration=())
    tags = colour_of_tags(with_unit, neutral=without.neutral(WARM)) | signed | {50932: (ASCII, "com.adobe")}
    frame, camera = frame_of(tmp_path / "other.dng", without, WARM, tags)
    assert largest_delta_e(frame, without, WARM, camera) <= LARGEST


FLUORESCENT_XY = (0.3805, 0.3769)
THREE = Theory((CM_A, CM_D65, CM_FLUORESCENT), (A, D65, FLUORESCENT_XY), calibration=(UNIT_A,) * 3)


def chromaticity(xy, byte_order="<") -> bytes:
    kind, fractions = np.array([0], f"{byte_order}u2"), [round(xy[0] * 10000), 10000, round(xy[1] * 10000), 10000]
    return kind.tobytes() + np.array(fractions, f"{byte_order}u4").tobytes()


def spectrum(first, spacing, power, byte_order="<") -> bytes:
    fractions = [part for value in (first, spacing, *power) for part in (round(value * 1000), 1000)]
    head = np.array([1], f"{byte_order}u2").tobytes() + np.array([len(power)], f"{byte_order}u4").tobytes()
    return head + np.array(fractions, f"{byte_order}u4").tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("byte_order", ["<", ">"])
@pytest.mark.parametrize("white_xy", [(0.43, 0.40), (0.40, 0.385), (0.37, 0.38), (0.33, 0.35)])
def test_three_lights_are_weighed_as_adobes_sdk_does(tmp_path, white_xy, byte_order):
    """Where the weights change fast, several lights explain one neutral: here the SDK's iteration ends at this one."""
    neutral = THREE.neutral(white_xy)
    assert np.allclose(THREE.white_xy(neutral), white_xy, atol=1e-3)
    light = {52535: (UNDEFINED, chromaticity(FLUORESCENT_XY, byte_order))}
    for white_balance in ({"neutral": neutral}, {"white_xy": white_xy}):
        tags = colour_of_tags(THREE, **white_balance) | light
        frame, camera = frame_of(tmp_path / "a.dng", THREE, white_xy, tags, byte_order=byte_order)
        assert len(frame.calibration.xyz_to_camera) == 3
        assert largest_delta_e(frame, THREE, white_xy, camera) <= LARGEST


def test_a_light_may_be_given_as_its_spectrum(tmp_path):
    """A flat spectrum is illuminant E, x = y = 1/3."""
    theory = Theory((CM_A, CM_D65), (A, (1 / 3, 1 / 3)))
    lights = {52534: (UNDEFINED, spectrum(360, 10, [1.0] * 48))}
    tags = colour_of_tags(theory, neutral=theory.neutral(OFF_LOCUS), lights=(17, 255)) | lights
    frame, camera = frame_of(tmp_path / "a.dng", theory, OFF_LOCUS, tags)
    assert largest_delta_e(frame, theory, OFF_LOCUS, camera) <= LARGEST


@pytest.mark.parametrize("second", [0, 255, 99])
def test_an_unknown_light_leaves_the_first_matrix_and_is_named(tmp_path, second):
    alone = Theory((CM_A,))
    tags = colour_of_tags(TWO, neutral=alone.neutral(WARM), lights=(17, second))
    frame, camera = frame_of(tmp_path / "a.dng", alone, WARM, tags)
    assert largest_delta_e(frame, alone, WARM, camera) <= LARGEST
    assert "ColorMatrix2 (its light is unknown)" in frame.metadata["corrections"]["not_applied"]


def test_one_forward_matrix_serves_both_lights(tmp_path):
    theory = replace(TWO, forward=(FM_A, FM_A))
    tags = colour_of_tags(theory, neutral=theory.neutral(WARM))
    del tags[50965]
    frame, camera = frame_of(tmp_path / "a.dng", theory, WARM, tags)
    assert largest_delta_e(frame, theory, WARM, camera) <= LARGEST


@pytest.mark.parametrize("cfa", ["RGGB", "BGGR", "GRBG", "GBRG"])
def test_every_phase_has_the_same_colours(tmp_path, cfa):
    theory = KINDS["calibrations interpolated apart"]
    frame, camera = frame_of(
        tmp_path / "a.dng", theory, WARM, colour_of_tags(theory, neutral=theory.neutral(WARM)), cfa
    )
    assert largest_delta_e(frame, theory, WARM, camera) <= LARGEST


@pytest.mark.parametrize("tags", [{}, {50728: (RATIONAL, [0.0, 0.0, 0.0])}, {50729: (RATIONAL, [0.9, 0.4])}])
def test_a_file_without_a_white_balance_is_shown_in_daylight_and_says_so(tmp_path, tags):
    frame, _ = frame_of(tmp_path / "a.dng", TWO, D65, colour_of_tags(TWO) | tags)
    assert "none was recorded" in frame.metadata["wb_source"]
    assert np.allclose(frame.wb_as_shot, 1 / TWO.neutral((0.3127, 0.3290)), rtol=0.02)


def test_parts_of_a_profile_that_are_not_applied_are_named(tmp_path):
    tables = {
        50937: (4, [1, 2, 1]),
        50938: (11, [0.0, 1.0, 1.0] * 2),
        50940: (11, [0.0, 0.0, 1.0, 1.0]),
        50982: (11, [0.0, 1.0, 1.0] * 2),
    }
    frame, _ = frame_of(tmp_path / "a.dng", TWO, WARM, colour_of_tags(TWO, neutral=TWO.neutral(WARM)) | tables)
    assert frame.metadata["corrections"]["not_applied"] == ["ProfileHueSatMap", "ProfileToneCurve", "ProfileLookTable"]


def test_a_profiles_exposure_offset_adds_to_the_files_own(tmp_path):
    offset = {50730: (10, [0.5]), 51109: (10, [-0.35])}
    frame, _ = frame_of(tmp_path / "a.dng", TWO, WARM, colour_of_tags(TWO, neutral=TWO.neutral(WARM)) | offset)
    assert frame.baseline_exposure_ev == pytest.approx(0.15)


def test_a_kelvin_code_that_is_short_is_not_confused_with_another_type(tmp_path):
    tags = colour_of_tags(TWO, neutral=TWO.neutral(WARM)) | {50778: (SHORT, [17])}
    frame, _ = frame_of(tmp_path / "a.dng", TWO, WARM, tags)
    assert frame.calibration.illuminant_kelvin == (2850, 6500)
