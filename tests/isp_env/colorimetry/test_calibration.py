"""Calibrations of one, two and three lights in one batch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from fixtures.dng_theory import CM_A, CM_D65, CM_FLUORESCENT, FM_A, FM_D65

from isp_env.colorimetry.calibration import CalibrationBatch, CameraCalibration
from isp_env.colorimetry.colour import ColourBatch, camera_neutral, neutral_of_xy, white_balance_matrix
from isp_env.raw import RawFrame
from isp_env.raw_io.dng import write_frame
from isp_env.stores.bake_recipe import Precision
from isp_env.stores.frames import from_block, to_block

UNIT = np.array([[1.06, 0.03, -0.02], [-0.04, 0.97, 0.05], [0.02, -0.05, 1.1]])
ONE = CameraCalibration((CM_D65,), (6500.0,))
TWO = CameraCalibration((CM_A, CM_D65), (2850.0, 6500.0), (FM_A, FM_D65), (UNIT, np.eye(3)))
THREE = CameraCalibration((CM_A, CM_D65, CM_FLUORESCENT), (2850.0, 6500.0, 3990.0), (), (), (0.0, 0.0, 0.004))
CAMERAS = (ONE, TWO, THREE)
GAINS = [tuple(1 / neutral_of_xy(camera, (0.37, 0.37))) for camera in CAMERAS]


def in_float64(colours: ColourBatch) -> ColourBatch:
    return colours._map(lambda tensor: tensor if tensor.dtype == torch.bool else tensor.double())


@pytest.mark.slow
def test_a_batch_of_all_kinds_equals_one_by_one():
    """A camera alone has fewer lights, and no individual calibration where it has none: the bits are the same but for rounding."""
    together = in_float64(ColourBatch.stack(CAMERAS, GAINS))
    assert together.cameras.xyz_to_camera.shape == (3, 3, 3, 3)
    shift, tint = torch.tensor([[20.0, -35.0, 5.0], [0.01, 0.0, -0.02]], dtype=torch.float64)
    whole = white_balance_matrix(together, shift, tint)
    for place, (camera, gains) in enumerate(zip(CAMERAS, GAINS, strict=True)):
        alone = in_float64(ColourBatch.stack([camera], [gains]))
        parts = white_balance_matrix(alone, shift[place : place + 1], tint[place : place + 1])
        for part, every in zip(parts, whole, strict=True):
            assert torch.allclose(part[0], every[place], rtol=0, atol=1e-6)


def test_weights_add_up_to_one_and_a_light_that_is_met_has_all():
    cameras = CalibrationBatch.stack([THREE] * 3)
    at_lights = cameras.weights(
        torch.tensor([1e6 / k for k in THREE.illuminant_kelvin]).double(), torch.tensor(THREE.illuminant_duv).double()
    )
    assert torch.allclose(at_lights, torch.eye(3).double(), atol=1e-4)
    anywhere = cameras.weights(torch.tensor([60.0, 240.0, 700.0]).double(), torch.tensor([0.02, 0.0, -0.02]).double())
    assert torch.allclose(anywhere.sum(1), torch.ones(3).double()) and bool((anywhere >= 0).all())


@pytest.mark.parametrize("shift", [-60.0, 0.0, 60.0])
def test_neutral_stays_neutral_at_every_shift(shift):
    colours = ColourBatch.stack(CAMERAS, GAINS)
    gains, matrix = white_balance_matrix(colours, torch.full((3,), shift), torch.full((3,), 0.01))
    neutral = camera_neutral(colours, colours.white_mired - shift, colours.white_duv - 0.01)
    as_shot = camera_neutral(colours, colours.white_mired, colours.white_duv)
    white = (matrix @ (gains * neutral / (colours.wb_as_shot * as_shot))[..., None])[..., 0]
    assert torch.allclose(white, torch.ones(3, 3), atol=1e-5)


@pytest.mark.slow
def test_gradients_are_right_with_three_lights():
    colours = in_float64(ColourBatch.stack(CAMERAS, GAINS))
    shift = torch.tensor([10.0, -20.0, 30.0], dtype=torch.float64, requires_grad=True)
    tint = torch.tensor([0.01, -0.01, 0.002], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda *x: white_balance_matrix(colours, *x), (shift, tint), eps=1e-7, atol=1e-4)


@pytest.mark.parametrize("camera", CAMERAS)
def test_a_calibration_survives_a_store_and_a_dng(tmp_path, camera):
    mosaic = np.random.default_rng(3).integers(600, 9000, (32, 48)).astype(np.uint16)
    frame = RawFrame.from_mosaic(mosaic, "RGGB", black_level_dn=512.0, white_level_dn=16383.0, calibration=camera)
    proxy = replace(frame.proxy(16), crops=())
    precision: Precision = "float32"
    kept = from_block(np.frombuffer(to_block(proxy, precision), np.uint8)).calibration
    write_frame(tmp_path / "a.dng", frame)
    read = RawFrame.load(tmp_path / "a.dng").calibration
    for other, tolerance in ((kept, 0), (read, 1e-4)):
        for name in ("xyz_to_camera", "white_to_d50", "individual"):
            assert np.allclose(getattr(other, name), getattr(camera, name), rtol=0, atol=tolerance)
        assert np.allclose(other.illuminant_kelvin, camera.illuminant_kelvin, rtol=tolerance)
        assert np.allclose(other.illuminant_duv or 0.0, camera.illuminant_duv or 0.0, atol=max(tolerance / 10, 1e-12))
