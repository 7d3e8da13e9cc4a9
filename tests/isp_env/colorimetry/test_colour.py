import warnings

import numpy as np
import pytest
import torch
from fixtures.seeded import normal

from isp_env.colorimetry.colour import (
    BRADFORD,
    REC2020_TO_SRGB,
    SRGB_TO_REC2020,
    XYZ_TO_REC2020,
    CameraCalibration,
    ColourBatch,
    adaptation_matrix,
    as_shot_white,
    camera_neutral,
    inverse,
    white_balance_matrix,
)
from isp_env.colorimetry.white_point import (
    mired_from_uv,
    planckian_uv,
    uv_from_mired,
    uv_from_xyz,
    xyz_from_uv,
)
from isp_env.raw_io.cameras import CAMERAS, GOPRO_CALIBRATION

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import colour

MIRED = torch.tensor([60.0, 110.0, 153.846, 200.0, 350.0, 480.0], dtype=torch.float64)
FORWARD = np.array([[0.62, 0.24, 0.10], [0.25, 0.74, 0.01], [0.03, 0.02, 0.78]])


def batch(gains=((1.9, 1.0, 1.6), (2.4, 1.0, 1.3), (1.1, 1.0, 2.4))) -> ColourBatch:
    with_forward = CameraCalibration(
        GOPRO_CALIBRATION.xyz_to_camera, GOPRO_CALIBRATION.illuminant_kelvin, (FORWARD, FORWARD)
    )
    cameras = [GOPRO_CALIBRATION, CAMERAS["nikon-d850"].calibration, with_forward]
    return ColourBatch.stack(cameras, gains)


def in_float64(colours: ColourBatch) -> ColourBatch:
    return colours._map(lambda tensor: tensor if tensor.dtype == torch.bool else tensor.double())


def bradford(from_xyz, to_xyz):
    return colour.adaptation.matrix_chromatic_adaptation_VonKries(from_xyz, to_xyz, transform="Bradford")


def test_locus_agrees_with_colour_science():
    expected = [colour.temperature.CCT_to_uv_Ohno2013([1e6 / mired, 0.0]) for mired in MIRED.tolist()]
    assert np.abs(planckian_uv(MIRED)[0].numpy() - expected).max() < 1e-4


def test_locus_slope_is_the_derivative_and_is_smooth_through_infinite_temperature():
    mired = torch.tensor([-30.0, -1e-3, 0.0, 1e-3, 5.0, 200.0], dtype=torch.float64)
    step = 1e-3
    numeric = (planckian_uv(mired + step)[0] - planckian_uv(mired - step)[0]) / (2 * step)
    assert torch.allclose(planckian_uv(mired)[1], numeric, atol=1e-9)


@pytest.mark.parametrize("duv", [-0.03, 0.0, 0.03])
def test_mired_and_duv_round_trip(duv):
    mired, found = mired_from_uv(uv_from_mired(MIRED, torch.full_like(MIRED, duv)))
    assert torch.allclose(mired, MIRED, atol=1e-6)
    assert torch.allclose(found, torch.full_like(MIRED, duv), atol=1e-9)


def test_duv_agrees_with_colour_science():
    uv = uv_from_mired(MIRED, torch.full_like(MIRED, 0.01))
    expected = np.array([colour.temperature.uv_to_CCT_Ohno2013(value) for value in uv.numpy()])
    assert np.abs(expected[:, 1] - 0.01).max() < 1e-4
    assert np.abs(1e6 / expected[:, 0] - MIRED.numpy()).max() < 0.6


def test_xyz_and_uv_agree_with_colour_science():
    xy = torch.tensor([[0.3127, 0.3290], [0.45, 0.41]], dtype=torch.float64)
    uv, xyz = (
        torch.from_numpy(np.array([to(value) for value in xy.numpy()]))
        for to in (colour.xy_to_UCS_uv, colour.xy_to_XYZ)
    )
    assert torch.allclose(uv_from_xyz(xyz), uv) and torch.allclose(xyz_from_uv(uv), xyz)


def test_bradford_agrees_with_colour_science():
    one, other = np.array([1.0985, 1.0, 0.3558]), np.array([0.9505, 1.0, 1.0888])
    ours = adaptation_matrix(torch.from_numpy(one), torch.from_numpy(other)).numpy()
    assert np.allclose(ours, bradford(one, other), atol=1e-6)
    assert np.allclose(BRADFORD, colour.adaptation.CAT_BRADFORD)


def test_rec2020_and_srgb_matrices_agree_with_colour_science():
    assert np.allclose(XYZ_TO_REC2020, colour.RGB_COLOURSPACES["ITU-R BT.2020"].matrix_XYZ_to_RGB, atol=1e-4)
    assert np.allclose(REC2020_TO_SRGB @ SRGB_TO_REC2020, np.eye(3))
    assert np.allclose(REC2020_TO_SRGB.sum(1), 1)


def test_inverse_agrees_with_linalg():
    matrix = normal(7, 3, 3, dtype=torch.float64)
    assert torch.allclose(inverse(matrix), torch.linalg.inv(matrix))


def test_no_shift_gives_the_as_shot_gains_bit_for_bit():
    colours = batch()
    gains, _ = white_balance_matrix(colours, torch.zeros(3), torch.zeros(3))
    assert torch.equal(gains, colours.wb_as_shot)


@pytest.mark.parametrize("mired", [-60.0, 0.0, 60.0])
@pytest.mark.parametrize("duv", [-0.03, 0.0, 0.03])
def test_neutral_maps_to_equal_rgb_at_every_shift(mired, duv):
    gains, matrix = white_balance_matrix(batch(), torch.full((3,), mired), torch.full((3,), duv))
    white = (matrix @ (gains * (1 / gains))[..., None])[..., 0]
    assert torch.allclose(white, torch.ones(3, 3), atol=1e-6)


def test_positive_temperature_makes_the_picture_warmer():
    colours = batch()
    as_shot, _ = white_balance_matrix(colours, torch.zeros(3), torch.zeros(3))
    warmer, _ = white_balance_matrix(colours, torch.full((3,), 30.0), torch.zeros(3))
    assert bool(((warmer[:, 0] / warmer[:, 2]) > (as_shot[:, 0] / as_shot[:, 2])).all())


def test_positive_tint_makes_the_picture_greener():
    colours = batch()
    as_shot, _ = white_balance_matrix(colours, torch.zeros(3), torch.zeros(3))
    greener, _ = white_balance_matrix(colours, torch.zeros(3), torch.full((3,), 0.01))
    assert bool((greener[:, 0] * greener[:, 2] < as_shot[:, 0] * as_shot[:, 2]).all())


def test_shifted_neutral_is_the_cameras_answer_to_the_shifted_light():
    light = torch.tensor([180.0])
    neutral = camera_neutral(ColourBatch.stack([GOPRO_CALIBRATION], [(1, 1, 1)]), light, torch.tensor([0.004]))
    colours = ColourBatch.stack([GOPRO_CALIBRATION], (1 / neutral).tolist())
    assert torch.allclose(colours.white_mired, light, atol=1e-2)
    assert torch.allclose(colours.white_duv, torch.tensor([0.004]), atol=1e-5)
    gains, _ = white_balance_matrix(colours, torch.tensor([-40.0]), torch.tensor([0.01]))
    expected = camera_neutral(colours, light + 40, torch.tensor([0.004 - 0.01]))
    assert torch.allclose(gains, 1 / expected, rtol=1e-4)


def test_matrices_are_interpolated_in_reciprocal_temperature_as_dng_says():
    first, second = GOPRO_CALIBRATION.xyz_to_camera
    kelvin = 3600.0
    weight = (1 / kelvin - 1 / 5000) / (1 / 2850 - 1 / 5000)
    xyz = xyz_from_uv(planckian_uv(torch.tensor(1e6 / kelvin, dtype=torch.float64))[0]).numpy()
    expected = (weight * first + (1 - weight) * second) @ xyz
    grey = ColourBatch.stack([GOPRO_CALIBRATION], [(1, 1, 1)])
    found = camera_neutral(grey, torch.tensor([1e6 / kelvin]), torch.zeros(1))[0].numpy()
    assert np.allclose(found, expected / expected[1], rtol=1e-5)


def test_forward_matrix_is_used_where_there_is_one():
    _, matrix = white_balance_matrix(batch(), torch.zeros(3), torch.zeros(3))
    d50 = np.array([0.9642957, 1.0, 0.8251046])
    scaled = np.diag(d50 / FORWARD.sum(1)) @ FORWARD
    d65 = np.array([0.3127 / 0.3290, 1.0, (1 - 0.3127 - 0.3290) / 0.3290])
    adapt = bradford(d50, d65)
    assert np.allclose(matrix[2], XYZ_TO_REC2020 @ adapt @ scaled, atol=1e-5)


def test_batch_equals_one_by_one():
    colours = in_float64(batch())
    shift, tint = torch.tensor([[20.0, -35.0, 5.0], [0.01, 0.0, -0.02]], dtype=torch.float64)
    gains, matrix = white_balance_matrix(colours, shift, tint)
    for index in range(3):
        ids = torch.tensor([index])
        alone = white_balance_matrix(colours.take(ids), shift[ids], tint[ids])
        assert torch.allclose(alone[0][0], gains[index], rtol=1e-12)
        assert torch.allclose(alone[1][0], matrix[index], rtol=0, atol=1e-12)


@pytest.mark.slow
def test_gradients_are_right_in_both_parameters():
    colours = in_float64(batch())
    shift = torch.tensor([10.0, -20.0, 30.0], dtype=torch.float64, requires_grad=True)
    tint = torch.tensor([0.01, -0.01, 0.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda *x: white_balance_matrix(colours, *x), (shift, tint), eps=1e-5)


def test_gradients_are_finite_at_identity_and_at_the_limits():
    for value in (-60.0, 0.0, 60.0):
        shift = torch.full((3,), value, requires_grad=True)
        tint = torch.zeros(3, requires_grad=True)
        gains, matrix = white_balance_matrix(batch(), shift, tint)
        (gains.sum() + matrix.square().sum()).backward()
        assert shift.grad is not None and bool(shift.grad.isfinite().all()) and bool((shift.grad != 0).all())
        assert tint.grad is not None and bool(tint.grad.isfinite().all())


def test_a_white_that_was_found_before_has_the_same_bits_in_any_company():
    gains = ((1.93, 1.0, 1.61), (2.47, 1.0, 1.31), (1.17, 1.0, 2.43))
    together, again = batch(gains), batch(gains)
    one_more = batch((gains[0], (1.5, 1.0, 1.5), gains[2]))
    for name in ("white_mired", "white_duv"):
        assert torch.equal(getattr(together, name), getattr(again, name))
        assert torch.equal(getattr(one_more, name)[::2], getattr(together, name)[::2])
    found, _ = as_shot_white(1 / torch.tensor(gains, dtype=torch.float64), in_float64(together).cameras)
    torch.testing.assert_close(
        found.float(), together.white_mired, atol=1e-2, rtol=0
    )  # matrices were rounded to float32
