import pytest
import torch
from fixtures.seeded import per_image, uniform

from isp_env.stages.defringe import defringe


def defringed(rgb: torch.Tensor, amount: torch.Tensor) -> torch.Tensor:
    return defringe(rgb, amount, rgb.new_ones(len(rgb)))


def test_no_defringing_is_identity():
    rgb = 4.1 * uniform(2, 3, 12, 12) - 0.1
    assert torch.equal(defringed(rgb, per_image(0, 0)), rgb)


def edge(fringe: tuple[float, float, float]) -> torch.Tensor:
    picture = torch.full((1, 3, 16, 16), 0.05)
    picture[..., 8:] = 0.9
    picture[..., 7] = torch.tensor(fringe)[None, :, None]
    return picture


@pytest.mark.parametrize("fringe", [(0.4, 0.2, 0.5), (0.2, 0.4, 0.1)], ids=["purple", "green"])
def test_a_fringe_loses_what_red_and_blue_have_in_common(fringe):
    red, green, blue = defringed(edge(fringe), per_image(1))[0, :, 8, 7].tolist()
    assert green == pytest.approx(fringe[1])
    assert min(abs(red - green), abs(blue - green)) < 1e-6
    half = defringed(edge(fringe), per_image(0.5))[0, 0, 8, 7]
    assert half == pytest.approx((fringe[0] + red) / 2, abs=1e-6)


def test_red_edges_and_flat_purple_stay():
    red_edge = edge((0.6, 0.1, 0.05))
    torch.testing.assert_close(defringed(red_edge, per_image(1)), red_edge)
    purple = torch.tensor([0.5, 0.2, 0.6]).view(1, 3, 1, 1).expand(1, 3, 12, 12)
    assert torch.equal(defringed(purple, per_image(1)), purple)


def test_defringing_of_a_batch_equals_each_alone_and_its_gradients_are_finite():
    rgb, amount = 4.1 * uniform(2, 3, 8, 8) - 0.1, per_image(0.3, 1)
    alone = torch.cat([defringed(rgb[i : i + 1], amount[i : i + 1]) for i in range(2)])
    assert torch.equal(defringed(rgb, amount), alone)
    for picture in (rgb, torch.zeros(2, 3, 8, 8)):
        inputs = (picture.clone().requires_grad_(True), amount.clone().requires_grad_(True))
        defringed(*inputs).square().sum().backward()
        assert all(each.grad is not None and torch.isfinite(each.grad).all() for each in inputs)


def test_defringing_gradients_match_differences():
    inputs = (
        uniform(1, 3, 6, 6, dtype=torch.double).requires_grad_(True),
        per_image(0.6).double().requires_grad_(True),
    )
    assert torch.autograd.gradcheck(defringed, inputs, fast_mode=True)
