import pytest
import torch
from fixtures.seeded import normal, uniform

from attiqa_core.errors import InputError
from isp_env.learned_isp.inputs import Place, scene_of, views_of
from isp_env.learned_isp.network import Architecture, built

DEFAULT = torch.tensor([0.0, -1.0, 0.3])


def network(seed=0):
    """A small network, every weight of which is drawn large."""
    net = built(Architecture(3, width=8, detail=4, gates=3), DEFAULT, seed)
    with torch.no_grad():
        for place, each in enumerate(net.parameters()):
            each.copy_(0.3 * normal(*each.shape, seed=place))
    return net


def inputs(count=3, height=12, width=17, seed=0):
    defaults, light = uniform(count, 3, height, width, seed=seed), 1.5 * uniform(count, 3, height, width, seed=seed + 1)
    scene = scene_of(defaults, light)
    return views_of(defaults, light, scene), scene.statistics, torch.linspace(1, 8, count)


def test_the_default_action_gives_the_default_picture_to_the_last_bit_whatever_was_learned():
    views, *about = inputs()
    for seed in range(3):
        assert torch.equal(network(seed)(views, *about, DEFAULT.expand(3, -1)), views[:, :3])
    moved = network()(views, *about, torch.zeros(3, 3))
    assert (moved - views[:, :3]).abs().mean() > 0.01


def test_a_batch_equals_a_loop():
    views, *about = inputs()
    actions = 2 * uniform(3, 3, seed=5) - 1
    together = network()(views, *about, actions)
    for row in range(3):
        one = slice(row, row + 1)
        alone = network()(views[one], *(each[one] for each in about), actions[one])
        torch.testing.assert_close(alone, together[one], atol=1e-6, rtol=0)


def test_pictures_lie_in_0_to_1_and_have_the_size_of_the_views():
    views, *about = inputs(2, 9, 31)
    made = network()(views, *about, torch.ones(2, 3))
    assert made.shape == (2, 3, 9, 31) and made.min() >= 0 and made.max() <= 1


def test_gradients_to_the_action_are_those_of_finite_differences():
    views, *about = (each.double() for each in inputs(1))
    net = network().double()
    views[:, :3] = 0.5 + 0.02 * (views[:, :3] - 0.5)  # no pixel comes to the clip
    for parameter in net.gates.parameters():
        parameter.data *= 0.1
    actions = torch.tensor([[0.2, -0.4, 0.7]], dtype=torch.double, requires_grad=True)
    assert torch.autograd.gradcheck(lambda each: net(views, *about, each).mean((2, 3)), actions)


def test_a_crop_sees_the_brightness_of_its_place_in_the_scene():
    defaults = torch.zeros(1, 3, 32, 48)
    defaults[..., 24:] = 1
    scene = scene_of(defaults, defaults)
    dark, bright = (
        views_of(torch.full((1, 3, 8, 8), 0.5), torch.full((1, 3, 8, 8), 0.2), scene, Place(0.2, left, 0.1, 0.1))
        for left in (0.1, 0.8)
    )
    assert torch.equal(dark[:, :9], bright[:, :9])
    assert (bright[:, 9:] - dark[:, 9:]).min() > 1
    whole = views_of(defaults, defaults, scene)
    torch.testing.assert_close(whole[..., :12][:, 9:], dark[:, 9:, :1, :1].expand(-1, -1, 32, 12), atol=1e-5, rtol=0)


def test_a_network_does_not_depend_on_what_was_drawn_before_it():
    torch.manual_seed(5)
    one = built(Architecture(3), DEFAULT, 7)
    before = torch.get_rng_state()
    other = built(Architecture(3), DEFAULT, 7)
    assert torch.equal(before, torch.get_rng_state())
    assert all(map(torch.equal, one.state_dict().values(), other.state_dict().values()))


@pytest.mark.parametrize("stored", [{"controls": 3}, {"controls": 3, "width": 10**6, "detail": 1, "gates": 1}])
def test_an_architecture_that_no_network_has_is_refused(stored):
    with pytest.raises(InputError, match="whole numbers up to"):
        Architecture.from_stored(stored)
