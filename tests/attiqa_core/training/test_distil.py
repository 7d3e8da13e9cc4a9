"""Distillation: a student comes to say what its teacher says, sees what it sees, and resumes exactly."""

from dataclasses import replace

import pytest
import torch
from fixtures.seeded import random_pictures, seeded
from fixtures.tiny_net import tiny_net

from attiqa_core.scorer import network_of
from attiqa_core.training.distil import agreement_with, distil, shown
from attiqa_core.training.recipe import DistilRecipe

RECIPE = DistilRecipe(epochs=2, batch=4, size=48, crop=32, lr=2e-3, average=0.0)


def smooth_pictures(count):
    """Pictures that differ in more than their noise."""
    means = torch.linspace(0, 150, count).int()
    noise = random_pictures(count, 64, 70)
    return [
        (each.int() * (1 + index % 3) // 4 + mean).clamp(0, 255).to(torch.uint8)
        for index, (each, mean) in enumerate(zip(noise, means, strict=True))
    ]


def test_half_of_a_step_is_shown_as_it_is_and_the_rest_worse():
    photos = torch.rand(7, 3, 32, 32, generator=seeded())
    images = shown(photos, seeded(1))
    assert torch.equal(images[:4], photos[:4]) and images.shape == photos.shape
    assert ((images[4:] - photos[4:]).abs().mean((1, 2, 3)) > 0.001).all()
    assert torch.equal(images, shown(photos, seeded(1)))
    assert torch.equal(shown(photos[:1], seeded()), photos[:1])


@pytest.mark.slow
def test_a_student_comes_to_say_what_its_teacher_says(tiny_scorer):
    photos = smooth_pictures(12)
    images = torch.stack(photos).float()[:, :, :64, :64] / 255

    def apart(epochs):
        net = tiny_net(seed=3)
        distil(net, tiny_scorer, photos, 64, replace(RECIPE, epochs=epochs), quiet=True)
        with torch.no_grad():
            said = net.eval()(images[:, :, ::2, ::2])
        return float((said - tiny_scorer.with_crops(1).score(images)).abs().mean())

    assert apart(30) < 0.5 * apart(1)


@pytest.mark.slow
def test_a_resumed_distillation_equals_an_unbroken_one(tiny_scorer, tiny_scorer_folder, tmp_path):
    def student(run=None, after_epoch=dict):
        net = network_of(tiny_scorer_folder)
        distil(net, tiny_scorer, random_pictures(6, 64, 70), 64, RECIPE, quiet=True, run=run, after_epoch=after_epoch)
        return net.state_dict()

    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        student(tmp_path, stop)
    whole, resumed = student(), student(tmp_path)
    assert all(torch.equal(each, resumed[name]) for name, each in whole.items())


def test_a_scorer_agrees_with_itself_on_photos_and_on_their_worse_versions(tiny_scorer):
    wanted, given = agreement_with(tiny_scorer, tiny_scorer, random_pictures(3, 64, 70))
    assert torch.equal(wanted, given) and len(wanted) == 9 and len(wanted.unique()) == 9
