"""The distance of pictures: nothing for the same, bounded for outliers, and little for what is clipped."""

import pytest
import torch

from attiqa_core.srgb import srgb_from_linear
from isp_env.fitting.distance import CLIPPED_WEIGHT, bounded, perceptual, seen_at_scales, weights_of


def pictures(seed=0, edge=8):
    return torch.rand(2, 3, edge, edge, generator=torch.Generator().manual_seed(seed))


def distance(one, other):
    return bounded(seen_at_scales(one) - seen_at_scales(other), weights_of(other))[0]


def test_the_same_picture_is_at_no_distance_and_another_at_some():
    assert torch.equal(distance(pictures(), pictures()), torch.zeros(2))
    assert (distance(pictures(), pictures(1)) > 1).all()


def test_greys_are_neutral_and_white_is_a_hundred():
    grey = torch.linspace(0.1, 1, 4).view(1, 1, 1, 4).expand(1, 3, 1, 4)
    lab = perceptual(grey)
    assert lab[:, 1:].abs().max() < 1e-3 and lab[0, 0, 0, 3].item() == pytest.approx(100, abs=1e-3)
    assert perceptual(srgb_from_linear(torch.full((1, 3, 1, 1), 0.125)))[0, 0].item() == pytest.approx(50, abs=1e-3)


def test_gradients_are_finite_at_black_and_white():
    images = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2).repeat(1, 3, 1, 1).requires_grad_(True)
    perceptual(images).square().sum().backward()
    assert images.grad is not None and images.grad.isfinite().all()


def test_weights_of_each_scale_sum_up_to_one_and_a_clipped_place_has_a_tenth():
    reference = torch.full((1, 3, 8, 8), 0.5)
    reference[..., 0, 0] = 1.0
    weights = weights_of(reference)[0, 0]
    assert weights[:64].sum().item() == pytest.approx(1) and weights[64:].sum().item() == pytest.approx(1)
    assert (weights[0] / weights[1]).item() == pytest.approx(CLIPPED_WEIGHT)
    reference[:, 1:, 0, 0] = 0.5  # red alone is at its end
    assert weights_of(reference)[0, 0, :64].std() == 0


def test_a_clipped_sky_counts_a_third_at_most_of_what_its_area_would():
    reference = torch.full((1, 3, 16, 16), 0.4)
    reference[..., :12, :] = 1.0  # three quarters of it
    darker_sky = reference.clone()
    darker_sky[..., :12, :] -= 0.2
    evenly = weights_of(torch.full_like(reference, 0.5))
    by_area = bounded(seen_at_scales(darker_sky) - seen_at_scales(reference), evenly)[0]
    assert 0 < distance(darker_sky, reference) < by_area / 3


def test_far_outliers_count_in_proportion_not_squared():
    off = torch.zeros(1, 3, 1)
    near, far = off.clone(), off.clone()
    near[0, 0], far[0, 0] = 40.0, 80.0
    ratio = bounded(far, torch.ones(1, 1, 1))[0] / bounded(near, torch.ones(1, 1, 1))[0]
    assert 1.9 < ratio.item() < 2.3
