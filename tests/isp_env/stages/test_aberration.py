import numpy as np
import pytest
import scipy.ndimage
import torch
from fixtures.seeded import per_image, uniform

from isp_env.stages.aberration import REACH_PX, correct_lateral_aberration
from isp_env.stages.defringe import defringe


def waves(height: int, width: int, scale: float = 1.0) -> torch.Tensor:
    """A smooth pattern drawn `scale` times as large about the centre."""
    rows = (torch.arange(height, dtype=torch.double) - (height - 1) / 2)[:, None] / scale
    columns = (torch.arange(width, dtype=torch.double) - (width - 1) / 2) / scale
    return 0.5 + 0.2 * (0.4 * rows).sin() + 0.2 * (0.3 * columns).cos()


def test_no_magnification_is_identity_and_still_has_a_gradient():
    rgb, red, blue = uniform(2, 3, 12, 14), per_image(0, 0).requires_grad_(True), per_image(0, 0)
    corrected = correct_lateral_aberration(rgb, red, blue)
    assert torch.equal(corrected, rgb)
    corrected.square().sum().backward()
    assert red.grad is not None and (red.grad != 0).all() and torch.isfinite(red.grad).all()


def test_red_and_blue_drawn_at_another_size_are_put_on_green():
    magnification = 0.01
    truth = waves(80, 100)
    aberrant = torch.stack([waves(80, 100, 1 + magnification), truth, waves(80, 100, 1 - magnification)])[None]
    red, blue = per_image(magnification, dtype=torch.double), per_image(-magnification, dtype=torch.double)
    corrected = correct_lateral_aberration(aberrant, red, blue)[0, :, 4:-4, 4:-4]
    assert (aberrant[0] - truth).abs().max() > 0.02
    assert (corrected - truth[4:-4, 4:-4]).abs().max() < 3e-3  # of a cubic on waves of 16 px


def test_a_shift_by_whole_pixels_equals_scipys():
    rgb = uniform(1, 3, 9, 9, dtype=torch.double)
    red = per_image(1.0, dtype=torch.double)  # the pixel twice as far from the centre
    ours = correct_lateral_aberration(rgb, red, 0 * red)[0, 0].numpy()
    theirs = scipy.ndimage.affine_transform(rgb[0, 0].numpy(), np.eye(2) * 2, -4, order=1, mode="nearest")
    np.testing.assert_allclose(ours, theirs, atol=1e-14)


def test_a_tile_equals_the_whole():
    rgb, red, blue = (
        uniform(1, 3, 64, 72, dtype=torch.double),
        torch.tensor([0.03]).double(),
        torch.tensor([-0.02]).double(),
    )
    whole = correct_lateral_aberration(rgb, red, blue)
    tile = correct_lateral_aberration(rgb[..., 10:50, 20:70], red, blue, (10, 20), (64, 72))
    inner = slice(REACH_PX, -REACH_PX)
    torch.testing.assert_close(tile[..., inner, inner], whole[..., 10:50, 20:70][..., inner, inner], atol=1e-14, rtol=0)


def test_gradients_of_samples_and_magnifications_match_differences():
    inputs = (uniform(2, 3, 6, 7, dtype=torch.double), per_image(0.05, 0.02).double(), per_image(-0.03, 0.04).double())
    assert torch.autograd.gradcheck(
        correct_lateral_aberration, [each.requires_grad_(True) for each in inputs], fast_mode=True
    )


def test_no_defringing_is_identity():
    rgb = 4.1 * uniform(2, 3, 12, 12) - 0.1
    assert torch.equal(defringe(rgb, per_image(0, 0)), rgb)


def edge(fringe: tuple[float, float, float]) -> torch.Tensor:
    picture = torch.full((1, 3, 16, 16), 0.05)
    picture[..., 8:] = 0.9
    picture[..., 7] = torch.tensor(fringe)[None, :, None]
    return picture


@pytest.mark.parametrize("fringe", [(0.4, 0.2, 0.5), (0.2, 0.4, 0.1)], ids=["purple", "green"])
def test_a_fringe_loses_what_red_and_blue_have_in_common(fringe):
    red, green, blue = defringe(edge(fringe), per_image(1))[0, :, 8, 7].tolist()
    assert green == pytest.approx(fringe[1])
    assert min(abs(red - green), abs(blue - green)) < 1e-6
    half = defringe(edge(fringe), per_image(0.5))[0, 0, 8, 7]
    assert half == pytest.approx((fringe[0] + red) / 2, abs=1e-6)


def test_red_edges_and_flat_purple_stay():
    red_edge = edge((0.6, 0.1, 0.05))
    torch.testing.assert_close(defringe(red_edge, per_image(1)), red_edge)
    purple = torch.tensor([0.5, 0.2, 0.6]).view(1, 3, 1, 1).expand(1, 3, 12, 12)
    assert torch.equal(defringe(purple, per_image(1)), purple)


def test_defringing_of_a_batch_equals_each_alone_and_its_gradients_are_finite():
    rgb, amount = 4.1 * uniform(2, 3, 8, 8) - 0.1, per_image(0.3, 1)
    alone = torch.cat([defringe(rgb[i : i + 1], amount[i : i + 1]) for i in range(2)])
    assert torch.equal(defringe(rgb, amount), alone)
    for picture in (rgb, torch.zeros(2, 3, 8, 8)):
        inputs = (picture.clone().requires_grad_(True), amount.clone().requires_grad_(True))
        defringe(*inputs).square().sum().backward()
        assert all(each.grad is not None and torch.isfinite(each.grad).all() for each in inputs)


def test_defringing_gradients_match_differences():
    inputs = (
        uniform(1, 3, 6, 6, dtype=torch.double).requires_grad_(True),
        per_image(0.6).double().requires_grad_(True),
    )
    assert torch.autograd.gradcheck(defringe, inputs, fast_mode=True)
