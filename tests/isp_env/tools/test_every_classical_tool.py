"""What every classical tool promises, whatever it does."""

import pytest
import torch
from fixtures.photographs import three_photographs
from fixtures.seeded import per_image, uniform
from fixtures.tolerances import SRGB_SLOPE, rounding

from isp_env.tools.catalogue import CLASSICAL
from isp_env.tools.strips import in_strips

every_tool = pytest.mark.parametrize("tool", CLASSICAL.values(), ids=CLASSICAL.keys())
IMAGES = torch.cat([three_photographs(18, 36)[..., :14], uniform(1, 3, 18, 14)])
STRENGTH = per_image(0.0, 0.3, 0.7, 1.0)
MAY_ROUND = {  # operations and magnitude: torch takes powers one way within a processor's vectors and another way at their ends
    "contrast": (4, 2.0),
    "gamma": (8, 1.2),
    "power": (8,),
    "saturation": (4, 2.0),
    "bilateral": (8,),
    "grey world": (24, SRGB_SLOPE),  # and sums the products of a matrix in another order for another batch
}
EXTREMES = torch.tensor([[0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 0, 1e-9],
                         [0.2, 0.2, 0.2 + 1e-7], [1e-30, 0, 0], [1, 1 - 6e-8, 1]]).T[None, :, None]  # fmt: skip


@every_tool
def test_strength_zero_is_the_identity_bit_for_bit(tool):
    assert torch.equal(tool(IMAGES, torch.zeros(len(IMAGES))), IMAGES)
    assert torch.equal(tool(EXTREMES, torch.zeros(1)), EXTREMES)


@every_tool
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_batch_equals_a_loop_bit_for_bit_or_within_what_powers_and_matrices_round(tool, dtype):
    images = IMAGES.repeat(3, 1, 1, 1)[:9, :, :17, :13].to(dtype)  # no whole number of a processor's vectors
    strength = torch.linspace(0, 1, 9, dtype=dtype)
    together = tool(images, strength)
    loop = torch.cat([tool(image[None], amount[None]) for image, amount in zip(images, strength, strict=True)])
    assert together.dtype == dtype
    assert (together - loop).abs().max() <= rounding(*MAY_ROUND.get(tool.kind, (0,)), dtype=dtype)


@every_tool
def test_it_does_something_within_the_range_and_leaves_its_input_alone(tool):
    images, strength = IMAGES.clone(), STRENGTH.clone()
    result = tool(images, strength)
    assert torch.equal(images, IMAGES) and torch.equal(strength, STRENGTH)
    assert result.shape == images.shape and result.data_ptr() != images.data_ptr()
    assert result.min() >= 0 and result.max() <= 1
    assert (result[3] - images[3]).abs().mean() > 0.005


@every_tool
def test_in_strips_it_does_what_it_does_to_the_whole_bit_for_bit_or_within_what_powers_and_means_round(tool):
    images = three_photographs(37, 74)[..., 3:46]  # sides are no multiple of CLAHE's tiles
    strength = per_image(1.0, 0.6, 0.0)
    assert tool.reach_px is not None
    strips = in_strips(tool.apply, tool.reach_px, images, strength, pixels=3 * 43 * 6)
    assert (strips - tool(images, strength)).abs().max() <= rounding(*MAY_ROUND.get(tool.kind, (0,)))


@every_tool
def test_no_strength_is_the_full_one(tool):
    assert torch.equal(tool(IMAGES), tool(IMAGES, torch.ones(len(IMAGES))))


@every_tool
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (3, 5)])
def test_pictures_smaller_than_its_window_go_through(tool, size):
    result = tool(uniform(2, 3, *size))
    assert result.shape == (2, 3, *size) and torch.isfinite(result).all()


@every_tool
def test_gradients_to_the_picture_and_the_strength_are_finite_at_blacks_whites_greys_and_full_colours(tool):
    for amount in (0.0, 0.5, 1.0):
        images, strength = EXTREMES.clone().requires_grad_(), per_image(amount).requires_grad_()
        tool(images, strength).sum().backward()
        assert images.grad is not None and torch.isfinite(images.grad).all()
        assert strength.grad is not None and torch.isfinite(strength.grad).all()


@pytest.mark.slow
@every_tool
def test_it_asks_for_no_value_on_the_way_so_that_a_gpu_never_waits(tool):
    on_no_device = tool(IMAGES.to("meta"), STRENGTH.to("meta"))  # asking a meta tensor for a value is an error
    assert on_no_device.shape == IMAGES.shape


@pytest.mark.slow
def test_a_gpu_agrees_with_the_cpu():
    if not torch.cuda.is_available():
        pytest.skip("no CUDA here")
    for tool in CLASSICAL.values():
        on_gpu = tool(IMAGES.cuda(), STRENGTH.cuda()).cpu()
        assert torch.allclose(on_gpu, tool(IMAGES, STRENGTH), atol=1e-5), tool.name
