"""Factor tools against torchvision and scikit-image, and how a strength grows."""

import math

import numpy as np
import pytest
import torch
from fixtures.photographs import three_photographs
from fixtures.seeded import per_image, uniform
from fixtures.tolerances import rounding
from skimage import color, exposure
from torchvision.transforms.v2 import functional as F

from isp_env.tools.catalogue import CLASSICAL, FACTOR_OPERATIONS
from isp_env.tools.hsv import turn

IMAGES = torch.cat([three_photographs(24, 48), uniform(1, 3, 24, 24)])
FEW = rounding(32)  # additions, products and powers of numbers up to 1, ours and theirs: 2e-6


def of_hsv(change):
    """The images with their HSV changed by scikit-image."""
    hsv = change(color.rgb2hsv(IMAGES.double().numpy(), channel_axis=1))
    return torch.from_numpy(color.hsv2rgb(hsv, channel_axis=1)).float()


def largest_error(name: str, expected: torch.Tensor) -> float:
    return float((CLASSICAL[name](IMAGES) - expected).abs().max())


@pytest.mark.parametrize("by", [0.05, 0.15, 0.3])
def test_brightness_adds_to_every_channel(by):
    assert largest_error(f"brightness+{by:g}", (IMAGES + by).clamp(0, 1)) <= FEW
    assert largest_error(f"brightness-{by:g}", (IMAGES - by).clamp(0, 1)) <= FEW


@pytest.mark.parametrize("factor", [1.25, 1.5, 2.0])
def test_contrast_is_what_torchvision_calls_brightness(factor):
    assert largest_error(f"contrast*{factor:g}", F.adjust_brightness(IMAGES, factor)) <= FEW
    assert largest_error(f"contrast/{factor:g}", F.adjust_brightness(IMAGES, 1 / factor)) <= FEW


@pytest.mark.parametrize("power", [0.7, 0.45, 0.3, 1.2, 1.45, 1.8])
@pytest.mark.parametrize(("kind", "gain"), [("power", 1.0), ("gamma", 1.2)])
def test_power_and_gamma_are_scikit_images_without_and_with_a_gain_of_1_2(power, kind, gain):
    expected = exposure.adjust_gamma(IMAGES.double().numpy(), power, gain=gain).clip(0, 1)
    assert largest_error(f"{kind}^{power:g}", torch.from_numpy(expected).float()) <= FEW


@pytest.mark.parametrize("radians", [0.2, 0.5, 1.0, -0.2, -0.5, -1.0])
def test_hue_turns_as_in_torchvision_and_in_scikit_image(radians):
    turns = radians / (2 * math.pi)
    name, steep = f"hue{radians:+g}", 10  # rounding of a hue is doubled at every step of HSV and back
    assert largest_error(name, F.adjust_hue(IMAGES, turns)) <= steep * FEW

    def turned(hsv: np.ndarray) -> np.ndarray:
        hsv[:, 0] = (hsv[:, 0] + turns) % 1
        return hsv

    assert largest_error(name, of_hsv(turned)) <= steep * FEW


@pytest.mark.parametrize("factor", [1.2, 1.4, 1.8, 0.8, 0.6, 0.4])
def test_saturation_is_that_of_hsv_held_at_1(factor):
    def saturated(hsv: np.ndarray) -> np.ndarray:
        hsv[:, 1] = (hsv[:, 1] * factor).clip(0, 1)
        return hsv

    assert largest_error(f"saturation*{factor:g}", of_hsv(saturated)) <= FEW


@pytest.mark.parametrize(
    ("name", "strength", "same_as"),
    [
        ("brightness+0.3", 0.5, "brightness+0.15"),
        ("brightness-0.3", 1 / 6, "brightness-0.05"),
        ("contrast*2", math.log2(1.5), "contrast*1.5"),
        ("contrast/2", math.log2(1.25), "contrast/1.25"),
        ("hue+1", 0.2, "hue+0.2"),
        ("saturation*0.4", math.log(0.6) / math.log(0.4), "saturation*0.6"),
    ],
)
def test_a_share_of_a_strong_tool_is_a_weaker_one(name, strength, same_as):
    amount = per_image(strength).expand(len(IMAGES))
    assert torch.allclose(CLASSICAL[name](IMAGES, amount), CLASSICAL[same_as](IMAGES), atol=FEW, rtol=0)


def test_a_share_of_gamma_takes_root_and_gain_in_equal_ratios():
    expected = (1.2**0.5 * IMAGES ** (0.3**0.5)).clamp(0, 1)
    result = CLASSICAL["gamma^0.3"](IMAGES, per_image(0.5).expand(len(IMAGES)))
    assert torch.allclose(result, expected, atol=FEW, rtol=0)


@pytest.mark.parametrize("operation", FACTOR_OPERATIONS.values(), ids=FACTOR_OPERATIONS.keys())
def test_the_factor_that_means_nothing_changes_nothing_bit_for_bit_but_for_drl_isps_gain(operation):
    at_neutral = operation.at(1.0 if operation.neutral is None else operation.neutral)(IMAGES, None)
    assert torch.equal(at_neutral, (1.2 * IMAGES).clamp(0, 1) if operation.kind == "gamma" else IMAGES)


def test_a_whole_turn_of_hue_comes_back_and_a_third_goes_round_the_channels():
    assert torch.allclose(turn(IMAGES, None, 2 * math.pi), IMAGES, atol=10 * FEW, rtol=0)
    assert torch.allclose(turn(IMAGES, None, 2 * math.pi / 3), IMAGES.roll(1, 1), atol=10 * FEW, rtol=0)


@pytest.mark.parametrize(
    "name", ["brightness+0.15", "contrast/1.5", "gamma^0.45", "hue-0.5", "saturation*1.4", "saturation*0.6"]
)
def test_gradients_are_those_of_finite_differences(name):
    images = uniform(2, 3, 3, 3, seed=3, dtype=torch.float64) * 0.5 + 0.1  # away from clipping
    strength = per_image(0.3, 0.9, dtype=torch.float64)
    assert torch.autograd.gradcheck(CLASSICAL[name], (images.requires_grad_(), strength.requires_grad_()))
