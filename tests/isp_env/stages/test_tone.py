import math

import pytest
import torch
from fixtures.seeded import per_image, uniform
from fixtures.tolerances import rounding

from isp_env.stages.clarity import Base, base_coefficients, cell_px, enhance_detail
from isp_env.stages.tone import MID_GREY, apply_stops, to_stops, tone_curve
from isp_env.stages.tone_map import DISPLAY_MID_GREY, DISPLAY_PEAK, tone_map


def random_tone(count: int, dtype=torch.float32) -> tuple[torch.Tensor, ...]:
    unit = uniform(3, count, seed=1, dtype=dtype) * 2 - 1
    corners = torch.tensor([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], dtype=dtype).T
    highlights, shadows, whites = torch.cat([corners, unit], 1)
    return 1.5 * highlights, 1.5 * shadows, whites


def test_tone_at_identity_changes_nothing():
    stops = torch.linspace(-14, 8, 200).view(1, 1, 1, -1)
    zero = per_image(0)
    assert torch.equal(tone_curve(stops, zero, zero, zero), stops)


def test_tone_rises_strictly_for_random_parameters_and_all_corners():
    params = random_tone(400)
    stops = torch.linspace(-14, 8, 4001).expand(len(params[0]), 1, 1, -1)
    assert (tone_curve(stops, *params).diff(dim=-1) > 0).all()


def test_mid_grey_stays_and_the_ends_move_by_the_stated_stops():
    stops = torch.tensor([-6.0, 0.0, math.log2(1 / MID_GREY), 6.0]).view(1, 1, 1, -1)
    zero = per_image(0)
    assert tone_curve(stops, per_image(1.2), per_image(0.7), per_image(1)).flatten()[1] == 0
    assert tone_curve(stops, zero, per_image(0.7), zero).flatten()[0] == pytest.approx(-5.3)
    assert tone_curve(stops, per_image(-1.2), zero, zero).flatten()[3] == pytest.approx(4.8)
    assert tone_curve(stops, zero, zero, per_image(1)).flatten()[2] == pytest.approx(float(stops.flatten()[2]) + 1)


def test_tone_gradient():
    inputs = [x[8:12].requires_grad_(True) for x in random_tone(4, torch.double)]
    stops = (uniform(4, 1, 1, 5, dtype=torch.double) * 9 - 5).requires_grad_(True)
    assert torch.autograd.gradcheck(tone_curve, (stops, *inputs))


def test_stops_are_guarded_and_keep_ratios():
    luminance = torch.tensor([-1.0, 0.0, 0.18, 1.0]).view(1, 1, 1, -1).requires_grad_(True)
    stops = to_stops(luminance)
    stops.sum().backward()
    assert torch.isfinite(stops).all() and torch.isfinite(luminance.grad).all()
    assert stops.flatten()[2].abs() < 1e-6
    rgb = uniform(1, 3, 1, 4)
    torch.testing.assert_close(apply_stops(rgb, stops, stops + 1).detach(), 2 * rgb)


def test_tone_map_is_the_log_logistic_curve():
    light = torch.tensor([0.02, 0.18, 1.0, 4.0], dtype=torch.double)
    for contrast in (-1.0, 0.0, 0.6):
        exponent = 1.35 * 2**contrast
        k = MID_GREY**exponent * (DISPLAY_PEAK / DISPLAY_MID_GREY - 1)
        expected = DISPLAY_PEAK * light**exponent / (light**exponent + k)
        ours = tone_map(light.view(1, 1, 1, -1).expand(1, 3, 1, 4), per_image(contrast, dtype=torch.double))
        torch.testing.assert_close(ours[0, 0, 0], expected)


def test_tone_map_rises_and_keeps_mid_grey_at_any_contrast():
    contrast = torch.linspace(-1, 1, 9)
    light = torch.logspace(-4, 1, 2000).expand(9, 3, 1, -1)
    assert (tone_map(light, contrast).diff(dim=-1) >= 0).all()
    grey = tone_map(torch.full((9, 3, 1, 1), MID_GREY), contrast)
    torch.testing.assert_close(grey, torch.full_like(grey, DISPLAY_MID_GREY))


def test_tone_map_gradients_are_finite_for_any_light():
    light = torch.tensor([-10.0, -1e-9, 0.0, 1e-12, 1.0, 1e6]).view(1, 1, 1, -1).expand(2, 3, 1, -1).clone()
    light.requires_grad_(True)
    contrast = per_image(-1, 1).requires_grad_(True)
    tone_map(light, contrast).sum().backward()
    assert torch.isfinite(light.grad).all() and torch.isfinite(contrast.grad).all()


def test_tone_map_gradient():
    light = (uniform(1, 3, 2, 2, dtype=torch.double) + 0.01).requires_grad_(True)
    assert torch.autograd.gradcheck(tone_map, (light, per_image(0.3, dtype=torch.double).requires_grad_(True)))


def textured(dtype=torch.float32) -> tuple[torch.Tensor, Base]:
    stops = uniform(1, 1, 56, 56, dtype=dtype) * 0.5 - 1
    stops[..., 28:] += 3
    return stops, Base(base_coefficients(torch.nn.functional.avg_pool2d(stops, 4)), 4)


def test_clarity_zero_is_identity():
    stops, base = textured()
    assert torch.equal(enhance_detail(stops, base, per_image(0)), stops)


def test_clarity_scales_texture_and_leaves_steps():
    stops, base = textured()
    more, less = enhance_detail(stops, base, per_image(1)), enhance_detail(stops, base, per_image(-1))
    flat = (slice(None), slice(None), slice(8, 48), slice(4, 20))
    assert more[flat].std() > 1.5 * stops[flat].std()
    assert less[flat].std() < 0.7 * stops[flat].std()
    step = torch.full((1, 1, 56, 56), -1.0)
    step[..., 30:] += 3  # the edge lies inside a cell
    base = Base(base_coefficients(torch.nn.functional.avg_pool2d(step, 4)), 4)
    assert (enhance_detail(step, base, per_image(1)) - step).abs().max() < 0.5


def test_a_tile_gets_what_the_whole_picture_gets():
    stops, base = textured()
    whole = enhance_detail(stops, base, per_image(0.7))
    tile = enhance_detail(stops[..., 10:30, 22:50], base, per_image(0.7), (10, 22))
    torch.testing.assert_close(tile, whole[..., 10:30, 22:50], atol=rounding(16, 4.0), rtol=0)


def test_cells_are_a_share_of_the_short_edge():
    assert cell_px(224, 300) == 4
    assert cell_px(3000, 4000, multiple=2) == 54
    assert cell_px(20, 20) == 1


def test_clarity_gradient():
    stops = uniform(1, 1, 6, 6, dtype=torch.double).requires_grad_(True)

    def clarity(stops: torch.Tensor, amount: torch.Tensor) -> torch.Tensor:
        return enhance_detail(stops, Base(base_coefficients(torch.nn.functional.avg_pool2d(stops, 2)), 2), amount)

    assert torch.autograd.gradcheck(clarity, (stops, per_image(0.5, dtype=torch.double).requires_grad_(True)))
