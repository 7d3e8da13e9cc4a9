"""A matrix fitted to exact patches is the one that made them; white stays white whatever the patches are."""

import tomllib

import numpy as np
import pytest
import torch

from experiments.chart.camera_matrix import as_toml, camera_xyz, fit_matrix, with_matrix
from experiments.chart.colour_errors import colour_errors, xyz_from_lab
from experiments.chart.reference import read_reference
from isp_env.colorimetry.colour import D50_XYZ, CameraCalibration, adaptation_matrix
from isp_env.colorimetry.white_point import uv_from_mired, xyz_from_uv
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS

LAB = read_reference("classic24").lab
KELVIN = 4500.0
TRUE = CAMERAS["nikon-d850"].calibration.xyz_to_camera[0]
WHITE = xyz_from_uv(uv_from_mired(torch.tensor([1e6 / KELVIN]).double(), torch.zeros(1).double()))[0]


def answered(lab: np.ndarray = LAB) -> np.ndarray:
    """What the camera with the matrix TRUE answers to a chart under a light of KELVIN."""
    adapted = adaptation_matrix(torch.tensor(D50_XYZ).double(), WHITE).numpy()
    return 0.5 * xyz_from_lab(lab) @ (TRUE @ adapted).T


def frame(xyz_to_camera: np.ndarray) -> RawFrame:
    neutral = TRUE @ WHITE.numpy()
    red, green, blue = (neutral[1] / neutral).tolist()
    calibration = CameraCalibration((xyz_to_camera,), (6500.0,))
    return RawFrame.from_linear_rgb(np.full((2, 2, 3), 0.5), wb_as_shot=(red, green, blue), calibration=calibration)


def test_the_camera_that_made_the_patches_sees_them_right():
    errors = colour_errors(camera_xyz(frame(TRUE), answered()), LAB)
    assert errors.delta_e.max() < 0.05  # the light is found from the gains in float32
    assert errors.exposure_ev == pytest.approx(np.log2(0.5 * (TRUE @ WHITE.numpy())[1]), abs=1e-3)


def test_a_fit_to_exact_patches_is_the_matrix_that_made_them_and_mends_a_wrong_one():
    wrong = frame(CAMERAS["canon-5d4"].calibration.xyz_to_camera[0])
    before = colour_errors(camera_xyz(wrong, answered()), LAB).delta_e
    fitted = fit_matrix(wrong, answered(), LAB, KELVIN)
    scale = fitted.xyz_to_camera[1, 1] / TRUE[1, 1]
    assert np.allclose(fitted.xyz_to_camera / scale, TRUE, atol=1e-3)
    after = colour_errors(camera_xyz(with_matrix(wrong, fitted), answered()), LAB).delta_e
    assert before.mean() > 1 and fitted.delta_e.max() < 0.02 and fitted.left_out.max() < 0.02 and after.max() < 0.05


def test_white_is_kept_for_any_patches():
    moved = LAB + np.random.default_rng(0).normal(0, 3, LAB.shape) * [1, 1, 1]
    fitted = fit_matrix(frame(TRUE), answered(moved), LAB, KELVIN)
    white = fitted.xyz_to_camera @ WHITE.numpy()
    assert white / white[1] == pytest.approx(fitted.neutral, rel=1e-6)
    assert white.max() == pytest.approx(1)


def test_a_patch_that_was_left_out_is_predicted_worse_than_one_that_was_fitted():
    moved = LAB.copy()
    moved[:18] += np.random.default_rng(0).normal(0, 4, (18, 3))
    fitted = fit_matrix(frame(TRUE), answered(moved), LAB, KELVIN)
    assert fitted.left_out.mean() > fitted.delta_e.mean() > 1


def test_the_light_is_the_files_own_where_none_is_given():
    assert fit_matrix(frame(TRUE), answered(), LAB).illuminant_kelvin == pytest.approx(KELVIN, rel=1e-3)


def test_the_sidecar_is_toml_with_nine_numbers_and_a_temperature():
    fitted = fit_matrix(frame(TRUE), answered(), LAB, KELVIN)
    content = tomllib.loads(as_toml(fitted, 'a "b"\nc'))["calibration"]
    assert content["illuminant_kelvin"] == 4500
    assert np.allclose(np.array(content["xyz_to_camera"]).reshape(3, 3), fitted.xyz_to_camera, atol=1e-6)
