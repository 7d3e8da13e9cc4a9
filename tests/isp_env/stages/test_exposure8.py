import colorsys
import math

import pytest
import torch
from fixtures.seeded import per_image, uniform
from fixtures.tolerances import rounding

from isp_env.parameters.table import EXPOSURE8, EXPOSURE8_NAMES, KNOWN
from isp_env.stages.camera import REC2020_LUMA
from isp_env.stages.exposure8 import contrast, curve, desaturate, filtered, gamma, saturate, scene_gains


def filters(count: int = 1, dtype=torch.float32, **changed: float) -> torch.Tensor:
    """Rows at identity but for the filters named, without their `e8_`."""
    rows = torch.tensor([[float(each.identity) for each in EXPOSURE8]], dtype=dtype).repeat(count, 1)
    for name, value in changed.items():
        rows[:, EXPOSURE8_NAMES.index(f"e8_{name}")] = value
    return rows


def drawn(count: int, dtype=torch.float32) -> torch.Tensor:
    low, high = (torch.tensor(end, dtype=dtype) for end in zip(*(each.limits for each in EXPOSURE8), strict=True))
    return low + (high - low) * uniform(count, len(EXPOSURE8), dtype=dtype)


def test_at_identity_not_a_bit_changes_inside_the_display_and_beyond():
    display = 2 * uniform(2, 3, 5, 6) - 0.3
    assert torch.equal(filtered(display, filters(2)), display)
    assert torch.equal(scene_gains(filters(2)), torch.ones(2, 3))


def test_the_ranges_are_the_published_ones():
    ranges = {name: KNOWN[f"e8_{name}"].limits for name in ("exposure_ev", "gamma", "green", "blue", "saturation")}
    assert ranges["exposure_ev"] == (-3.5, 3.5) and ranges["gamma"] == (1 / 3, 3) and ranges["saturation"] == (0, 1)
    assert ranges["green"] == ranges["blue"] == (-0.5, 0.5)
    assert KNOWN["e8_contrast"].limits == (-1, 1) and KNOWN["e8_grey"].limits == (0, 1)
    for name, limits in {
        "tone": (0.5, 2),
        "red_curve": (0.9, 1.1),
        "green_curve": (0.9, 1.1),
        "blue_curve": (0.9, 1.1),
    }.items():
        assert {KNOWN[f"e8_{name}_{step}"].limits for step in range(1, 9)} == {limits}
    assert len(EXPOSURE8) == 1 + 1 + 2 + 1 + 8 + 1 + 1 + 24


def test_white_balance_keeps_the_luminance_of_grey_and_exposure_doubles_it():
    gains = scene_gains(filters(green=0.3, blue=-0.5))
    assert float((gains * torch.tensor(REC2020_LUMA)).sum()) == pytest.approx(1, abs=1e-6)
    assert float(gains[0, 1] / gains[0, 0]) == pytest.approx(math.exp(0.3))
    torch.testing.assert_close(scene_gains(filters(exposure_ev=1, green=0.3, blue=-0.5)), 2 * gains)


def test_gamma_is_a_power_and_black_stays_black():
    display = torch.tensor([0.0, 0.01, 0.5, 1.0]).expand(1, 3, 1, 4)
    out = gamma(display, per_image(1 / 3))[0, 0, 0]
    torch.testing.assert_close(out, torch.tensor([0.0, 0.01 ** (1 / 3), 0.5 ** (1 / 3), 1.0]))


@pytest.mark.parametrize("rgb", [(0.7, 0.5, 0.2), (0.3, 0.8, 0.6), (0.2, 0.25, 0.9)])
def test_saturation_is_that_of_hsv(rgb):
    hue, saturation, value = colorsys.rgb_to_hsv(*rgb)
    more = saturation + (1 - saturation) * (0.5 - abs(0.5 - value)) * 0.8
    expected = torch.tensor(colorsys.hsv_to_rgb(hue, more, value)).view(1, 3, 1, 1)
    out = saturate(torch.tensor(rgb).view(1, 3, 1, 1), per_image(1))
    torch.testing.assert_close(out, expected, rtol=0, atol=0.02)  # what _PALE takes off
    grey = torch.full((1, 3, 1, 1), 0.5)
    assert torch.equal(saturate(grey, per_image(1)), grey)


def test_a_curve_joins_its_points():
    slopes = torch.tensor([[0.5, 2.0, 1.0, 1.0, 0.5, 2.0, 1.5, 0.5]])
    at = torch.arange(9) / 8
    expected = torch.cat([torch.zeros(1), slopes[0].cumsum(0) / slopes.sum()])
    torch.testing.assert_close(curve(at.view(1, 1, 1, 9), slopes).flatten(), expected)
    beyond = curve(torch.tensor([-0.2, 1.3]).view(1, 1, 1, 2), slopes).flatten()
    torch.testing.assert_close(beyond, torch.tensor([-0.2, 1.3]))


def test_contrast_moves_luma_along_a_cosine_and_keeps_the_ratios():
    display = torch.tensor([0.3, 0.2, 0.1]).view(1, 3, 1, 1)
    grey = 0.299 * 0.3 + 0.587 * 0.2 + 0.114 * 0.1
    out = contrast(display, per_image(1))
    torch.testing.assert_close(out, display * ((1 - math.cos(math.pi * grey)) / 2 / grey), rtol=1e-4, atol=0)
    torch.testing.assert_close((contrast(display, per_image(-1)) + out) / 2, display)


def test_black_and_white_is_grey():
    out = desaturate(uniform(1, 3, 4, 4), per_image(1))
    torch.testing.assert_close(out, out[:, :1].expand(-1, 3, -1, -1))


def test_every_curve_acts_on_its_own_channel():
    display = uniform(1, 3, 4, 4)
    for channel, colour in enumerate(("red", "green", "blue")):
        changed = (filtered(display, filters(**{f"{colour}_curve_3": 1.1})) != display).any(-1).any(-1)[0]
        assert changed.tolist() == [index == channel for index in range(3)]


@pytest.mark.slow
def test_gradients_are_right_and_finite_everywhere():
    display = (0.1 + 0.8 * uniform(2, 3, 2, 2, dtype=torch.double)).requires_grad_(True)
    rows = (0.5 * drawn(2, torch.double) + 0.5 * filters(2, torch.double)).requires_grad_(True)
    assert torch.autograd.gradcheck(filtered, (display, rows))
    assert torch.autograd.gradcheck(scene_gains, (rows,))
    wild = torch.linspace(-0.1, 4, 48).view(1, 3, 4, 4).requires_grad_(True)
    rows = drawn(1).requires_grad_(True)
    filtered(wild, rows).sum().backward()
    assert torch.isfinite(wild.grad).all() and torch.isfinite(rows.grad).all()
    grey = torch.full((1, 3, 2, 2), 0.5, requires_grad=True)
    filtered(grey, rows).sum().backward()
    assert torch.isfinite(grey.grad).all()


def test_a_batch_is_its_pictures_one_by_one():
    display, rows = uniform(3, 3, 4, 5), drawn(3)
    alone = [filtered(display[i : i + 1], rows[i : i + 1]) for i in range(3)]
    torch.testing.assert_close(filtered(display, rows), torch.cat(alone), rtol=0, atol=rounding(64, 4))
