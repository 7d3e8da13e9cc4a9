"""Settings are learned from photos that nobody rated."""

from dataclasses import replace

import pytest
import torch
from fixtures.seeded import random_pictures, seeded
from fixtures.tiny_net import tiny_net

from attiqa_core.distortions.settings import SETTINGS, SPREAD, drawn, set_otherwise
from attiqa_core.training.learn_settings import BETA, learn_settings, reading_errors, reading_loss, squares
from attiqa_core.training.recipe import SettingsRecipe

RECIPE = SettingsRecipe(epochs=1, batch=4, side=32, lr=1e-3)


def a_net():
    return tiny_net(hidden=1, pooling="stages", regressor="settings", attributes=SETTINGS)


def test_a_reader_that_reads_nothing_misses_what_was_drawn():
    net, settings = a_net().eval(), torch.tensor([[1.0, 0, 0, 0, 0], [0, 0.5, 0, 0, 0], [0, 0, 0, 1.4, -0.5]])
    features = net.features(torch.rand(3, 3, 32, 32, generator=seeded()))
    wanted = torch.nn.functional.smooth_l1_loss(torch.zeros(3, 5), settings / torch.tensor(SPREAD), beta=BETA)
    torch.testing.assert_close(reading_loss(net, features, settings), wanted)


def test_squares_are_of_the_side_asked_for_and_drawn_by_chance_alone():
    pictures = random_pictures(3, 40, 52)
    shown = squares(pictures, 5, 24, seeded(0))
    assert shown.shape == (5, 3, 24, 24) and shown.min() >= 0 and shown.max() <= 1
    assert torch.equal(shown, squares(pictures, 5, 24, seeded(0)))
    assert not torch.equal(shown, squares(pictures, 5, 24, seeded(1)))


def test_errors_are_those_of_what_is_said():
    pictures = random_pictures(6, 40, 44)
    silent = reading_errors(lambda images: torch.zeros(len(images), len(SETTINGS)), pictures)
    assert list(silent) == list(SETTINGS)
    for each in silent.values():
        assert each["rmse"] == each["rmse of 0"] > 0


@pytest.mark.slow
def test_the_score_after_it_is_one_less_what_settings_cost():
    net, pictures = a_net(), random_pictures(8, 40, 44)
    learn_settings(net, pictures, RECIPE, quiet=True)
    net.eval()
    scores, off = net.read(net.features(torch.rand(4, 3, 32, 32, generator=seeded())))
    assert off.any() and (scores <= 1).all()
    with torch.no_grad():
        net.regressor.reader.reading[-1].weight.zero_()
        net.regressor.reader.reading[-1].bias.zero_()
    assert torch.equal(net(torch.rand(2, 3, 32, 32)), torch.ones(2))


@pytest.mark.slow
def test_a_run_resumed_equals_an_unbroken_one(tmp_path):
    pictures = random_pictures(8, 40, 44)

    def stop_after_one(seen=[]):  # noqa: B006  counts its calls
        seen.append(1)
        if len(seen) == 1:
            raise KeyboardInterrupt
        return {}

    whole, broken = a_net(), a_net()
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
    recipe = replace(RECIPE, epochs=3)
    learn_settings(whole, pictures, recipe, run=tmp_path / "whole", quiet=True)
    for _ in range(2):
        try:
            learn_settings(broken, pictures, recipe, run=tmp_path / "broken", quiet=True, after_epoch=stop_after_one)
        except KeyboardInterrupt:
            broken = a_net()
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, broken.state_dict()[name]), name


@pytest.mark.slow
def test_settings_are_learned():
    """One photo of soft colours: how far it is off shows in its means alone."""
    coarse = torch.rand(1, 3, 4, 4, generator=seeded())
    photos = (torch.nn.functional.interpolate(0.3 + 0.4 * coarse, size=(40, 44), mode="bilinear") * 255).to(torch.uint8)
    net = a_net()
    learn_settings(net, [*photos], replace(RECIPE, epochs=150, batch=8, average=0.0), quiet=True)
    net.eval()
    chance = seeded(5)
    settings = drawn(64, chance)
    shown = set_otherwise(squares([*photos], 64, 32, chance), settings)
    before = reading_loss(a_net().eval(), net.features(shown), settings)
    assert (
        reading_loss(net, net.features(shown), settings) < before / 2  # a fifth where it was written
    )  # 0.91 where it was written; 1 if nothing is learned
