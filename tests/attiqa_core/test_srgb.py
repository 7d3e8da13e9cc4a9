import colour
import numpy as np
import pytest
import torch

from attiqa_core.srgb import LUMINANCE, channel_length, lab_from_srgb, linear_from_srgb, srgb_from_linear


def test_luminance_is_the_y_row_of_colour_science():
    space = colour.RGB_COLOURSPACES["sRGB"]
    row = colour.models.normalised_primary_matrix(space.primaries, space.whitepoint)[1]
    np.testing.assert_allclose(LUMINANCE, row, atol=1e-6)


def test_srgb_curves_agree_with_colour_science_and_undo_each_other():
    values = torch.linspace(0, 1, 257, dtype=torch.float64)
    np.testing.assert_allclose(linear_from_srgb(values), colour.models.eotf_sRGB(values.numpy()), atol=1e-7)
    np.testing.assert_allclose(srgb_from_linear(values), colour.models.eotf_inverse_sRGB(values.numpy()), atol=1e-7)
    torch.testing.assert_close(srgb_from_linear(linear_from_srgb(values)), values, atol=1e-6, rtol=0)


def test_encoding_is_srgb():
    linear = torch.linspace(0, 1, 1001)
    expected = colour.models.eotf_inverse_sRGB(linear.double().numpy())
    np.testing.assert_allclose(srgb_from_linear(linear).numpy(), expected, atol=5e-6)
    assert srgb_from_linear(torch.tensor([-0.1])) == pytest.approx(-1.292)


def test_encoding_gradients_are_finite_and_positive():
    linear = torch.tensor([-1.0, 0.0, 1e-12, 0.0031, 0.0032, 0.5, 3.0]).requires_grad_(True)
    srgb_from_linear(linear).sum().backward()
    assert torch.isfinite(linear.grad).all() and (linear.grad > 0).all()
    inside = torch.tensor([-0.2, 0.001, 0.01, 0.7], dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(srgb_from_linear, inside)


def test_lab_agrees_with_colour_science_and_neutrals_have_no_chroma():
    steps = torch.linspace(0, 1, 5)
    rgb = torch.cartesian_prod(steps, steps, steps)
    xyz = colour.sRGB_to_XYZ(rgb.double().numpy())
    expected = colour.XYZ_to_Lab(xyz, colour.RGB_COLOURSPACES["sRGB"].whitepoint)
    lab = lab_from_srgb(rgb.T[None, :, :, None])[0, :, :, 0].T
    np.testing.assert_allclose(lab, expected, atol=0.05)  # the standard's rounded matrices
    greys = lab_from_srgb(torch.linspace(0, 1, 9).expand(1, 3, 1, -1))
    assert greys[:, 1:].abs().max() < 1e-3 and greys[0, 0, 0, -1] == pytest.approx(100, abs=1e-4)


def test_gradients_of_lab_are_finite_from_black_to_white():
    leaf = torch.tensor([0.0, 1e-6, 0.04, 0.05, 0.5, 1.0]).expand(1, 3, 1, -1).clone().requires_grad_(True)
    lab_from_srgb(leaf)[:, 0].sum().backward()
    assert torch.isfinite(leaf.grad).all() and (leaf.grad.sum(1) > 0).all()


def test_the_length_of_channels_is_that_of_their_vector_and_has_a_slope_everywhere():
    vectors = torch.tensor([[3.0, 0.0, 1e-4], [4.0, 0.0, 0.0], [12.0, 0.0, 0.0]])[None, :, None].requires_grad_(True)
    lengths = channel_length(vectors)
    torch.testing.assert_close(lengths[0, 0], torch.tensor([13.0, 0.0, 1e-4]))
    lengths.sum().backward()
    expected = torch.tensor([[3 / 13, 0.0, 1.0], [4 / 13, 0.0, 0.0], [12 / 13, 0.0, 0.0]])
    torch.testing.assert_close(vectors.grad[0, :, 0], expected)
