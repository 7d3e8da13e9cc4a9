"""A score that falls whichever way a setting is off."""

import torch
from fixtures.tiny_net import tiny_net

from attiqa_core.network.settings_regressor import COSTS, FIRST_COST, SettingsRegressor, costs_of


def off(**settings):
    names = ("chroma", "cast_x", "cast_y", "exposure", "contrast")
    return torch.tensor([[settings.get(name, 0.0) for name in names]], dtype=torch.double)


def taught():
    """A regressor that reads something, though nothing right."""
    regressor = SettingsRegressor(6, 9)
    torch.nn.init.normal_(regressor.reader.reading[-1].weight, generator=torch.Generator().manual_seed(1))
    return regressor


def test_nothing_off_costs_nothing_and_either_way_costs_alike():
    assert not costs_of(off()).any()
    for column, name in enumerate(("chroma", "cast_x", "exposure", "contrast")):
        costs = costs_of(torch.cat([off(**{name: amount}) for amount in (-0.8, -0.2, 0.2, 0.8)]))
        assert torch.equal(costs, costs.flip(0))
        assert costs[0, column] > costs[1, column] > 0
        assert not costs[:, [each for each in range(len(COSTS)) if each != column]].any()


def test_a_cast_costs_the_same_whatever_its_hue():
    angles = torch.linspace(0, 6, 7, dtype=torch.double)
    casts = torch.cat([off(cast_x=0.4 * float(a.cos()), cast_y=0.4 * float(a.sin())) for a in angles])
    torch.testing.assert_close(costs_of(casts), costs_of(off(cast_x=0.4)).expand(7, -1))


def test_gradients_are_finite_where_nothing_is_off_and_right_elsewhere():
    for at in (off(), off(chroma=0.7, cast_y=-0.2, contrast=-3.0)):
        assert torch.autograd.gradcheck(costs_of, at.requires_grad_(True))


def test_the_score_is_a_linear_map_less_the_costs():
    regressor = taught()
    inputs = torch.randn(5, 9, generator=torch.Generator().manual_seed(0))
    costs = costs_of(regressor.reader.off(inputs))
    weights, bias = regressor.linear.weight[0], regressor.linear.bias
    of_features, of_costs = weights[: -len(COSTS)], weights[-len(COSTS) :]
    assert (of_costs < 0).all()
    torch.testing.assert_close(regressor(inputs)[:, 0], inputs @ of_features + costs @ of_costs + bias)


def test_of_settings_alone_the_best_score_is_one():
    regressor = taught()
    inputs = torch.randn(5, 9, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(regressor(inputs)[:, 0], 1 - FIRST_COST * costs_of(regressor.reader.off(inputs)).sum(1))


def test_before_anything_is_learned_nothing_is_off():
    assert not SettingsRegressor(6, 9).reader.off(torch.randn(4, 9)).any()


def test_settings_are_read_off_pooled_features_alone():
    regressor = taught()
    inputs = torch.zeros(1, 9)
    inputs[:, 6:] = 100.0
    assert torch.equal(regressor.reader.off(inputs), regressor.reader.off(torch.zeros(1, 9)))


def test_a_network_has_one_as_its_architecture_says():
    net = tiny_net(pooling="stages", regressor="settings").eval()
    pictures = torch.rand(2, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    assert isinstance(net.regressor, SettingsRegressor) and net(pictures).shape == (2,)
