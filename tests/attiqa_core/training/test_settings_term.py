"""What a settings regressor is taught beside the MOS."""

import pytest
import torch
from fixtures.seeded import random_pictures, seeded
from fixtures.tiny_net import tiny_net

from attiqa_core.distortions.settings import SPREAD
from attiqa_core.training import settings_term
from attiqa_core.training.settings_term import SettingsTerm


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(settings_term, "SIDES", (32, 40))


def net_and_term(pairs=4):
    net = tiny_net(pooling="stages", regressor="settings")
    net.fix_statistics()
    return net.train(), SettingsTerm(random_pictures(6, 40, 44), 1.0, pairs)


def test_the_same_chance_gives_the_same_loss_and_another_another():
    net, term = net_and_term()
    first, again, other = (float(term.loss(net, net.features, seeded(each)).detach()) for each in (0, 0, 1))
    assert first == again != other


def test_a_reader_that_reads_nothing_misses_what_was_drawn(monkeypatch):
    """Half of the pictures are as they are, so that the mean is over both."""
    net, term = net_and_term()
    drawn = torch.tensor([[1.0, 0, 0, 0, 0], [0, 0.5, 0, 0, 0], [0, 0, 0, 1.4, 0], [0, 0, 0, 0, -0.5]])
    monkeypatch.setattr(settings_term, "drawn", lambda count, chance: drawn)
    monkeypatch.setattr(settings_term, "ALIKE_WEIGHT", 0.0)
    wanted = torch.nn.functional.smooth_l1_loss(
        torch.zeros(4, 5), drawn / torch.tensor(SPREAD), beta=settings_term.BETA
    )
    torch.testing.assert_close(term.loss(net, net.features, seeded(0)), wanted / 2)


def test_the_rest_of_the_score_is_pulled_together_and_the_reader_is_not_what_learns_from_that():
    net, term = net_and_term()
    with torch.no_grad():
        net.regressor.linear.weight.mul_(50.0)
    term.loss(net, net.features, seeded(0)).backward()
    assert net.regressor.linear.weight.grad[0, :-4].any() and not net.regressor.linear.weight.grad[0, -4:].any()


@pytest.mark.slow
def test_settings_are_learned():
    net, term = net_and_term(pairs=8)
    optimizer = torch.optim.Adam(net.parameters(), 3e-3)

    def mean_loss():
        with torch.no_grad():
            return sum(float(term.loss(net, net.features, seeded(1000 + each))) for each in range(8)) / 8

    before = mean_loss()
    for step in range(80):
        optimizer.zero_grad()
        term.loss(net, net.features, seeded(step)).backward()
        optimizer.step()
    assert mean_loss() < 0.92 * before  # 0.86 where it was written; 1 if nothing were learned
