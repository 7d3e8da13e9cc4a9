import pytest
import torch
from fixtures.photographs import three_photographs
from torch import nn

from attiqa_core.srgb import linear_from_srgb, luma
from isp_env.tools.learned.networks import fresh_network
from isp_env.tools.learned.residual import reach_px
from isp_env.tools.learned.table import NETWORKS, Network
from isp_env.tools.learned.whole_picture import part_of_thumbs
from isp_env.tools.strips import Place, TwoPasses, in_strips

SMALL = [
    Network(model, model, "noise", model, 3, 8) for model in ("residual", "exposure", "white balance", "colour tone")
]
PHOTOS = three_photographs(33)


def awake(network: Network) -> nn.Module:
    """A network whose last layer says something."""
    net = fresh_network(network, torch.Generator().manual_seed(0)).requires_grad_(False).eval()
    generator = torch.Generator().manual_seed(1)
    for module in net.modules():
        if isinstance(module, nn.Conv2d) and not module.weight.any():
            module.weight.normal_(0, 0.3, generator=generator)
    return net


@pytest.mark.parametrize("network", SMALL, ids=lambda network: network.model)
def test_strength_zero_is_identity_bit_for_bit_and_the_input_is_not_changed(network):
    given = PHOTOS.clone()
    assert torch.equal(awake(network)(given, torch.zeros(3)), PHOTOS)
    changed = awake(network)(given, torch.ones(3))
    assert torch.equal(given, PHOTOS) and not torch.allclose(changed, PHOTOS, atol=1e-3)
    assert changed.min() >= 0 and changed.max() <= 1


@pytest.mark.parametrize("network", NETWORKS.values(), ids=lambda network: network.name)
def test_an_untrained_network_changes_nothing(network):
    net = fresh_network(network, torch.Generator().manual_seed(0))
    torch.testing.assert_close(
        net(PHOTOS, torch.ones(3)), PHOTOS, rtol=0, atol=2e-6
    )  # there and back through the curve


@pytest.mark.parametrize("network", SMALL, ids=lambda network: network.model)
def test_a_batch_equals_a_loop(network):
    net, strength = awake(network), torch.tensor([1.0, 0.0, 0.4])
    loop = torch.cat([net(PHOTOS[[index]], strength[[index]]) for index in range(3)])
    torch.testing.assert_close(net(PHOTOS, strength), loop, rtol=0, atol=1e-5)  # sums of 72 products in another order


@pytest.mark.parametrize("network", SMALL, ids=lambda network: network.model)
def test_in_strips_it_does_what_it_does_to_the_whole(network):
    net, images, strength = awake(network), PHOTOS[..., 1:], torch.tensor([1.0, 0.0, 0.4])
    acts = net if network.model == "residual" else TwoPasses(net.measure, net.change)
    strips = in_strips(acts, reach_px(network.layers), images, strength, pixels=3 * 32 * 6)
    torch.testing.assert_close(strips, net(images, strength), rtol=0, atol=1e-5)


def test_a_thumbnail_is_the_mean_over_areas():
    images = torch.rand(2, 3, 67, 45, generator=torch.Generator().manual_seed(3))
    wanted = torch.nn.functional.adaptive_avg_pool2d(images, 32)
    torch.testing.assert_close(part_of_thumbs(images, Place(0, 67)), wanted, rtol=0, atol=1e-6)


@pytest.mark.parametrize("network", NETWORKS.values(), ids=lambda network: network.name)
def test_a_fresh_network_can_learn(network):
    net = fresh_network(network, torch.Generator().manual_seed(0)).train()
    net(PHOTOS, torch.ones(3)).square().sum().backward()
    last = net.convolutions[-1] if network.model == "residual" else net.look.last
    assert last.weight.grad.abs().max() > 0


@pytest.mark.parametrize("network", SMALL, ids=lambda network: network.model)
@pytest.mark.parametrize("size", [(1, 1), (2, 7), (33, 20)])
def test_a_picture_of_any_size_keeps_it(network, size):
    images = torch.rand(2, 3, *size, generator=torch.Generator().manual_seed(2))
    assert awake(network)(images, torch.ones(2)).shape == images.shape


def test_half_the_strength_is_half_of_a_residual():
    net, dim = awake(SMALL[0]), 0.3 + 0.4 * PHOTOS
    whole, half = (net(dim, torch.full((3,), share)) - dim for share in (1.0, 0.5))
    inside = ((dim + whole > 0) & (dim + whole < 1)).all(1, keepdim=True).expand_as(whole)
    torch.testing.assert_close(whole[inside] / 2, half[inside], rtol=0, atol=1e-6)


def test_a_network_for_the_whole_picture_leaves_alone_what_hardly_needs_it_once_it_is_trained():
    for network in SMALL[1:]:
        net = awake(network)
        net.look.last.weight.mul_(1e-3)
        net.look.last.bias.fill_(0.04)  # 0.08 EV
        assert torch.equal(net(PHOTOS, torch.ones(3)), PHOTOS)
        assert not torch.equal(net.train()(PHOTOS, torch.ones(3)), PHOTOS)


def test_an_exposure_is_a_gain_of_linear_light():
    net = awake(SMALL[1])
    net.look.last.weight.zero_()
    net.look.last.bias.fill_(-0.5)
    changed = linear_from_srgb(net(PHOTOS, torch.tensor([1.0, 0.5, 0.0])))
    wanted = linear_from_srgb(PHOTOS) * torch.tensor([-1.0, -0.5, 0.0]).exp2()[:, None, None, None]
    torch.testing.assert_close(changed, wanted, rtol=1e-4, atol=1e-6)


def test_a_white_balance_keeps_the_light_and_scales_red_and_blue_over_green():
    net, dim = awake(SMALL[2]), PHOTOS / 2
    net.look.last.weight.zero_()
    net.look.last.bias.copy_(torch.tensor([0.0, 0.2, -0.1]))
    before, after = linear_from_srgb(dim), linear_from_srgb(net(dim, torch.ones(3)))
    torch.testing.assert_close(luma(after).mean((1, 2, 3)), luma(before).mean((1, 2, 3)), rtol=1e-4, atol=0)
    gains = after.mean((2, 3)) / before.mean((2, 3))
    over_green = (gains / gains[:, 1:2]).log2()
    torch.testing.assert_close(over_green, torch.tensor([0.4, 0.0, -0.2]).expand(3, 3), rtol=0, atol=1e-3)


def test_colour_and_tone_are_a_power_gains_and_a_saturation_in_linear_light():
    net = awake(SMALL[3])
    net.look.last.weight.zero_()
    net.look.last.bias.copy_(
        torch.tensor([0.0, -0.5, 0.25, 0.1, 0.0, 0.05])
    )  # stops of power, saturation, red, green, blue
    dim = 0.3 * PHOTOS + 0.1
    light = linear_from_srgb(dim) ** 0.5 * torch.tensor([0.2, 0.0, 0.1]).exp2()[:, None, None]
    wanted = (luma(light) + 2**0.5 * (light - luma(light))).clamp_min(0)
    torch.testing.assert_close(linear_from_srgb(net(dim, torch.ones(3))), wanted.clamp_max(1), rtol=1e-4, atol=1e-5)
    assert torch.equal(net(dim, torch.zeros(3)), dim)


def test_black_has_no_white_balance_and_no_error():
    black = torch.zeros(1, 3, 8, 8)
    assert torch.equal(awake(SMALL[2])(black, torch.ones(1)), black)
