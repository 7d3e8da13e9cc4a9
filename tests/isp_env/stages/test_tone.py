import math

import pytest
import torch
from fixtures.seeded import per_image, uniform
from fixtures.tolerances import rounding

from isp_env.stages.clarity import Base, added_detail, base_coefficients, base_stops, cell_px
from isp_env.stages.tone import MID_GREY, apply_stops, to_stops, tone_curve


def random_tone(count: int, dtype=torch.float32) -> tuple[torch.Tensor, ...]:
    unit = uniform(3, count, seed=1, dtype=dtype) * 2 - 1
    corners = torch.tensor([[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], dtype=dtype).T
    highlights, shadows, whites = torch.cat([corners, unit], 1)
    return 1.5 * highlights, 2 * shadows, 1.8 * whites


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


def enhanced(stops: torch.Tensor, base: Base, clarity: torch.Tensor, origin: tuple[int, int] = (0, 0)) -> torch.Tensor:
    return stops + added_detail(stops - base_stops(stops, base, origin), clarity)


def textured(dtype=torch.float32) -> tuple[torch.Tensor, Base]:
    stops = uniform(1, 1, 56, 56, dtype=dtype) * 0.5 - 1
    stops[..., 28:] += 3
    return stops, Base(base_coefficients(torch.nn.functional.avg_pool2d(stops, 4)), 4)


def test_clarity_zero_is_identity():
    stops, base = textured()
    assert torch.equal(enhanced(stops, base, per_image(0)), stops)


def test_clarity_scales_texture_and_leaves_steps():
    stops, base = textured()
    more, less = enhanced(stops, base, per_image(1)), enhanced(stops, base, per_image(-1))
    flat = (slice(None), slice(None), slice(8, 48), slice(4, 20))
    assert more[flat].std() > 1.5 * stops[flat].std()
    assert less[flat].std() < 0.7 * stops[flat].std()
    step = torch.full((1, 1, 56, 56), -1.0)
    step[..., 30:] += 3  # the edge lies inside a cell
    base = Base(base_coefficients(torch.nn.functional.avg_pool2d(step, 4)), 4)
    assert (enhanced(step, base, per_image(1)) - step).abs().max() < 0.5


def test_a_tile_gets_what_the_whole_picture_gets():
    stops, base = textured()
    whole = enhanced(stops, base, per_image(0.7))
    tile = enhanced(stops[..., 10:30, 22:50], base, per_image(0.7), (10, 22))
    torch.testing.assert_close(tile, whole[..., 10:30, 22:50], atol=rounding(16, 4.0), rtol=0)


def test_cells_are_a_share_of_the_short_edge():
    assert cell_px(224, 300) == 4
    assert cell_px(3000, 4000, multiple=2) == 54
    assert cell_px(20, 20) == 1


def test_clarity_gradient():
    stops = uniform(1, 1, 6, 6, dtype=torch.double).requires_grad_(True)

    def clarity(stops: torch.Tensor, amount: torch.Tensor) -> torch.Tensor:
        return enhanced(stops, Base(base_coefficients(torch.nn.functional.avg_pool2d(stops, 2)), 2), amount)

    assert torch.autograd.gradcheck(clarity, (stops, per_image(0.5, dtype=torch.double).requires_grad_(True)))
