import numpy as np
import pytest
import torch
from fixtures.seeded import normal, uniform
from fixtures.tolerances import rounding
from scipy.integrate import quad

from isp_env.parameters.table import CURVE
from isp_env.stages.curve import added, excess_slopes, lightness_curve


def knots(count: int, dtype=torch.float32) -> torch.Tensor:
    """Random knots in the whole box that the stage takes, and its most uneven corners."""
    low, high = CURVE[0].limits
    zigzag = torch.tensor([[high, low] * 4, [low, high] * 4, [low] * 7 + [high], [high] + [low] * 7], dtype=dtype)
    return torch.cat([zigzag, low + (high - low) * uniform(count, len(CURVE), dtype=dtype)])


def curved(lightness: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
    """f(L) of every row of knots, through the greys of a picture."""
    grey = torch.zeros(len(at), 3, 1, len(lightness), dtype=at.dtype)
    grey[:, 0] = lightness
    return lightness_curve(grey, at)[:, 0, 0]


def test_knots_at_zero_change_no_bit_and_equal_knots_change_nothing():
    lab = normal(2, 3, 5, 7)
    assert torch.equal(lightness_curve(lab, torch.zeros(2, len(CURVE))), lab)
    torch.testing.assert_close(lightness_curve(lab, torch.full((2, len(CURVE)), 0.7)), lab, rtol=1e-6, atol=1e-6)


def test_lightness_rises_strictly_whatever_the_knots():
    lightness = torch.linspace(-0.1, 1.3, 2801, dtype=torch.double)
    assert (curved(lightness, knots(200, torch.double)).diff(dim=-1) > 0).all()


def test_black_and_white_stay_and_beyond_white_the_distance_to_it_does():
    at = knots(50)
    ends = curved(torch.tensor([0.0, 1.0, 1.25, -0.05]), at)
    expected = torch.tensor([0.0, 1.0, 1.25, -0.05]).expand_as(ends)
    torch.testing.assert_close(ends, expected, rtol=0, atol=rounding(32))


@pytest.mark.parametrize("row", range(4))
def test_the_curve_is_the_integral_of_slopes_joined_by_straight_lines(row):
    at = knots(0, torch.double)[row]
    places = np.linspace(0, 1, len(CURVE))
    slopes = 2 ** at.numpy()
    for lightness in (0.03, 0.2, 0.5, 0.77, 0.98):
        area = quad(lambda x: np.interp(x, places, slopes), 0, lightness, points=places[1:-1], limit=100)[0]
        expected = area / np.trapezoid(slopes, places)
        assert float(curved(torch.tensor([lightness]).double(), at[None])[0, 0]) == pytest.approx(expected, abs=1e-6)


@pytest.mark.slow
def test_the_slope_has_no_jump():
    step = 1e-5
    lightness = torch.arange(0, 1, step, dtype=torch.double)
    slope = curved(lightness, knots(20, torch.double)).diff(dim=-1) / step
    # between two knots a slope changes by less than the quotient of the ends of its range, over a seventh
    steepest = 7 * 2**4
    assert slope.diff(dim=-1).abs().max() < steepest * step


def test_chromaticity_stays():
    lab = torch.stack([0.2 + 0.6 * uniform(1, 4, 4), normal(1, 4, 4, seed=1) / 10, normal(1, 4, 4, seed=2) / 10], 1)
    moved = lightness_curve(lab, knots(0)[2:3])
    torch.testing.assert_close(moved[:, 1:] / moved[:, :1], lab[:, 1:] / lab[:, :1])
    assert (moved[:, 0] - lab[:, 0]).abs().min() > 0.01


def test_gradients_are_right_and_finite_outside_the_display():
    lab = torch.cat([0.05 + 0.9 * uniform(2, 1, 2, 3, dtype=torch.double), normal(2, 2, 2, 3, dtype=torch.double)], 1)
    at = knots(2, torch.double)[-2:]
    assert torch.autograd.gradcheck(lightness_curve, (lab.requires_grad_(True), at.requires_grad_(True)))
    wild = torch.linspace(-0.5, 2, 60).view(1, 3, 4, 5).requires_grad_(True)
    lightness_curve(wild, knots(0)[:1]).sum().backward()
    assert torch.isfinite(wild.grad).all()


def test_a_batch_is_its_pictures_one_by_one():
    lab, at = uniform(3, 3, 4, 5), knots(3)[-3:]
    alone = [lightness_curve(lab[i : i + 1], at[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(lightness_curve(lab, at), torch.cat(alone), rtol=0, atol=rounding(16))


def test_slopes_average_one():
    slopes = excess_slopes(knots(20, torch.double))
    torch.testing.assert_close(
        added(torch.ones(24, 1).double(), slopes), torch.zeros(24, 1).double(), rtol=0, atol=1e-14
    )
