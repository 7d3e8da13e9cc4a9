"""Fine-tuning: every image counts, what can be switched off is off, and each way of training changes only its part."""

from dataclasses import replace

import pytest
import torch
from fixtures.json_lines import rows_of
from fixtures.seeded import random_pictures, seeded
from fixtures.tiny_net import tiny_net
from torch import nn

from attiqa_core.photos import picture_cache
from attiqa_core.training import finetune as finetuning
from attiqa_core.training.finetune import finetune, parameter_groups
from attiqa_core.training.frozen_features import CENTRAL_VIEW, five_crop_features
from attiqa_core.training.recipe import FinetuneRecipe

RECIPE = FinetuneRecipe(epochs=1, batch=4, crop=32, lr=1e-3)


def pictures(count: int) -> list[torch.Tensor]:
    return random_pictures(count, 40, 44)


@pytest.mark.parametrize(
    ("images", "sizes", "frozen"),
    [(116, [64, 52], True), (65, [65], True), (9, [4, 5], False), (10, [4, 4, 2], False)],
)
def test_an_epoch_sees_every_image_once_and_never_one_alone(monkeypatch, images, sizes, frozen):
    seen: list[torch.Tensor] = []
    loss = finetuning.mos_loss
    monkeypatch.setattr(
        finetuning, "mos_loss", lambda predicted, mos, *more: seen.append(mos) or loss(predicted, mos, *more)
    )
    net, mos = tiny_net(), torch.linspace(0, 1, images)
    views = None
    if frozen:
        net.freeze(("all",))
        views = torch.rand(images, 5, net.heads_hidden.in_features)
    shown = [] if frozen else pictures(images)
    finetune(net, shown, mos, replace(RECIPE, batch=64 if frozen else 4), views=views, quiet=True)
    assert [len(batch) for batch in seen] == sizes
    assert torch.equal(torch.cat(seen).sort().values, mos)


@pytest.mark.parametrize("flip", [True, False])
def test_no_crop_is_mirrored_without_flip(monkeypatch, flip):
    mirrors: list[float] = []
    crop = picture_cache._crop
    monkeypatch.setattr(picture_cache, "_crop", lambda *how: mirrors.append(how[-1]) or crop(*how))
    finetune(tiny_net(), pictures(8), torch.linspace(0, 1, 8), replace(RECIPE, flip=flip, epochs=3), quiet=True)
    assert any(mirror < 0.5 for mirror in mirrors) is flip and len(mirrors) == 24


def test_crops_lie_at_the_same_places_with_and_without_flip():
    drawn = [picture_cache.random_places(6, seeded(), flip) for flip in (True, False)]
    assert torch.equal(drawn[0][:, :2], drawn[1][:, :2]) and (drawn[1][:, 2] >= 0.5).all()


@pytest.mark.parametrize(("warmup", "rates"), [(0.5, [0.5, 1, 1, 0.5]), (0.0, [1, 1, 0.75, 0.25])])
def test_the_warm_up_can_be_left_out(tmp_path, warmup, rates):
    recipe = replace(RECIPE, warmup=warmup, batch=8, epochs=4)
    finetune(tiny_net(), pictures(8), torch.linspace(0, 1, 8), recipe, run=tmp_path, quiet=True)
    rows = rows_of(tmp_path / "metrics.jsonl")
    assert [1e3 * row["learning_rate"] for row in rows] == pytest.approx(rates)


def test_norms_and_biases_decay_only_if_they_are_to():
    net = tiny_net()
    norms = {
        id(one) for module in net.encoder.modules() if isinstance(module, nn.BatchNorm2d) for one in module.parameters()
    }
    spared = [group for group in parameter_groups(net, replace(RECIPE, decay_norms=False)) if "weight_decay" in group]
    undecayed = {id(one) for group in spared for one in group["params"]}
    assert norms and norms <= undecayed and all(group["weight_decay"] == 0 for group in spared)
    assert id(net.encoder.conv_stem.weight) not in undecayed and id(net.regressor[0].bias) in undecayed
    whole = parameter_groups(net, RECIPE)
    assert len(whole) == 2 and not any("weight_decay" in group for group in whole)
    counted = [
        sum(len(group["params"]) for group in parameter_groups(net, replace(RECIPE, decay_norms=on)))
        for on in (True, False)
    ]
    assert counted[0] == counted[1]


def test_a_guarded_regressor_is_given_the_features_of_the_central_crop_once():
    net = tiny_net(pooling="stages", regressor="guarded")
    net.freeze(("all",))
    shown = pictures(6)
    views = five_crop_features(net, shown, 32)
    spoiled = views[:, :2].flip(0)
    given: dict[str, torch.Tensor] = {}
    net.regressor.fit = lambda inputs, mos, photos, versions: given.update(photos=photos, versions=versions)
    finetune(net, shown, torch.linspace(0, 1, 6), RECIPE, views=views, spoiled=spoiled)
    central = net.regressor_inputs(views[:, CENTRAL_VIEW], net.hidden(views[:, CENTRAL_VIEW]))
    assert torch.equal(given["photos"], central.repeat(2, 1)) and len(given["versions"]) == 12


def test_a_probe_trains_the_regressor_and_nothing_else():
    net = tiny_net()
    net.freeze_for_probe()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    views = torch.rand(6, 5, net.heads_hidden.in_features)
    finetune(net, [], torch.linspace(0, 1, 6), replace(RECIPE, epochs=2, batch=3), views=views, quiet=True)
    moved = {name for name, tensor in net.state_dict().items() if not torch.equal(tensor, before[name])}
    assert moved and all(name.startswith("regressor.") for name in moved)
