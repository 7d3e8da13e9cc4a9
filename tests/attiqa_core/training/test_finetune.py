"""Fine-tuning: every image counts, what can be switched off is off, and each way of training changes only its part."""

from dataclasses import replace

import pytest
import torch
from fixtures.json_lines import rows_of
from fixtures.seeded import random_pictures, seeded
from fixtures.tiny_net import tiny_net
from torch import nn

from attiqa_core.distortions.peaks import PhotoPeaks
from attiqa_core.distortions.photo_ladders import PhotoLadders
from attiqa_core.network.model import AttiqaNet
from attiqa_core.photos import picture_cache
from attiqa_core.photos.images import to_images
from attiqa_core.training import finetune as finetuning
from attiqa_core.training.counterexamples import WAYS, ladder_loss, spoil_each, spoiled_loss
from attiqa_core.training.finetune import finetune, parameter_groups
from attiqa_core.training.frozen_features import CENTRAL_VIEW, five_crop_features
from attiqa_core.training.recipe import FinetuneRecipe
from attiqa_core.training.solve_regressor import solve_linear_regressor

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
    crop = picture_cache.crop_at
    monkeypatch.setattr(picture_cache, "crop_at", lambda *how: mirrors.append(how[-1]) or crop(*how))
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


REWARD = replace(
    RECIPE,
    start="ridge",
    fixed_statistics=True,
    average=0.9,
    clip_norm=1.0,
    corrupted=0.25,
    ladders=1.0,
    ladder_scenes=2,
    resize=40,
    crop=32,
)


def from_ridge(recipe=REWARD, epochs=2, **more):
    net, photos = tiny_net(pooling="stages", regressor="linear"), pictures(8)
    made = PhotoLadders(photos) if recipe.ladders else None
    finetune(net, photos, torch.linspace(0, 1, 8), replace(recipe, epochs=epochs), ladders=made, quiet=True, **more)
    return net


@pytest.mark.slow
def test_from_ridge_everything_learns_but_the_statistics():
    start = tiny_net(pooling="stages", regressor="linear")
    solve_linear_regressor(start, five_crop_features(start, pictures(8), 32), torch.linspace(0, 1, 8))
    before, after = start.state_dict(), from_ridge().state_dict()
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert {"regressor.weight", "heads_hidden.weight", "encoder.conv_stem.weight"} <= changed
    assert not any("running" in name for name in changed)


@pytest.mark.slow
def test_a_start_from_ridge_predicts_as_ridge_does_before_the_first_step():
    net = from_ridge(replace(REWARD, lr=0.0, weight_decay=0.0))
    start = tiny_net(pooling="stages", regressor="linear")
    solve_linear_regressor(start, five_crop_features(start, pictures(8), 32), torch.linspace(0, 1, 8))
    images = torch.rand(2, 3, 32, 32, generator=seeded())
    torch.testing.assert_close(net.eval()(images), start.eval()(images))


@pytest.mark.slow
def test_a_run_from_ridge_resumed_equals_an_unbroken_one(tmp_path):
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
    whole = from_ridge(epochs=3, run=tmp_path / "whole")

    def stop_after_two(seen=[]):  # noqa: B006  counts its calls
        seen.append(1)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return {}

    with pytest.raises(KeyboardInterrupt):
        from_ridge(epochs=3, run=tmp_path / "broken", after_epoch=stop_after_two)
    resumed = from_ridge(epochs=3, run=tmp_path / "broken")
    assert all(torch.equal(each, resumed.state_dict()[name]) for name, each in whole.state_dict().items())


def weights(net):
    return torch.cat([each.flatten() for each in net.parameters()])


@pytest.mark.slow
def test_a_blend_lies_on_the_way_from_the_start_and_resumes_to_the_same(tmp_path):
    start, half, whole = (weights(from_ridge(replace(REWARD, blend=share))) for share in (0.0, 0.5, 1.0))
    torch.testing.assert_close(half, (start + whole) / 2)
    ridge = tiny_net(pooling="stages", regressor="linear")
    solve_linear_regressor(ridge, five_crop_features(ridge, pictures(8), 32), torch.linspace(0, 1, 8))
    torch.testing.assert_close(start, weights(ridge))
    for _ in range(2):  # the second goes on from a finished run
        assert torch.equal(weights(from_ridge(replace(REWARD, blend=0.5), run=tmp_path)), half)


@pytest.mark.slow
def test_a_kept_regressor_goes_on_from_what_it_was():
    net, photos = from_ridge(), pictures(8)
    before = weights(net).clone()
    recipe = replace(REWARD, start="kept", ladders=0.0, epochs=1, lr=0.0, weight_decay=0.0)
    finetune(net, photos, torch.linspace(0, 1, 8), recipe, quiet=True)
    assert torch.equal(weights(net), before)
    finetune(net, photos, torch.linspace(0, 1, 8), replace(recipe, lr=1e-3), quiet=True)
    assert not torch.equal(weights(net), before)


@pytest.mark.slow
def test_the_moving_average_is_what_is_kept_and_what_is_looked_at():
    looked, last = [], from_ridge(replace(REWARD, average=0.0))
    net = tiny_net(pooling="stages", regressor="linear")

    def look():
        looked.append(net.regressor.weight.clone())
        return {}

    photos = pictures(8)
    recipe = replace(REWARD, epochs=2)
    finetune(net, photos, torch.linspace(0, 1, 8), recipe, ladders=PhotoLadders(photos), quiet=True, after_epoch=look)
    assert torch.equal(looked[-1], net.regressor.weight)
    assert not torch.equal(last.regressor.weight, net.regressor.weight)


@pytest.mark.slow
def test_corrupted_versions_come_to_score_below_their_photos():
    coarse = torch.stack([each[:, :6, :6] for each in pictures(8)])
    photos = [*torch.nn.functional.interpolate(coarse, size=(40, 44), mode="bilinear")]
    mos = torch.full((8,), 0.5) + torch.linspace(-0.01, 0.01, 8)

    def shortfall(corrupted):
        net = tiny_net(pooling="stages", regressor="linear")
        recipe = replace(REWARD, corrupted=corrupted, ladders=0.0, epochs=20, average=0.0)
        finetune(net, photos, mos, recipe, quiet=True)
        images = to_images(torch.stack([each[:, :32, :32] for each in photos]))
        spoiled = spoil_each(images, seeded())
        return float(spoiled_loss(net.eval()(images), net(spoiled)).detach())

    assert shortfall(4.0) < 0.7 * shortfall(0.0)


@pytest.mark.slow
@pytest.mark.parametrize("sizes", [None, (64, 192)])
def test_a_step_is_shown_at_sizes_that_a_scorer_will_read(monkeypatch, sizes):
    sides = set()
    net = tiny_net(pooling="stages", regressor="linear")
    features = AttiqaNet.features
    monkeypatch.setattr(
        AttiqaNet, "features", lambda self, images: sides.add(images.shape[-1]) or features(self, images)
    )
    recipe = replace(REWARD, sizes=sizes, resize=192, crop=168, ladders=0.0, batch=2, epochs=12, start="fresh")
    net = tiny_net(pooling="stages")
    finetune(net, random_pictures(8, 192, 194), torch.linspace(0, 1, 8), recipe, quiet=True)
    assert sides <= {64, *recipe.preprocessing.crops()} if sizes else sides <= {64, 168}
    assert len(sides) > 2 or sizes is None


def with_peaks(photos, epochs, **more):
    net = tiny_net(pooling="stages", regressor="linear")
    recipe = replace(REWARD, corrupted=0.0, ladders=4.0, ladder_scenes=8, average=0.0, epochs=epochs, lr=3e-3)
    mos = torch.full((len(photos),), 0.5) + torch.linspace(-0.01, 0.01, len(photos))
    finetune(net, photos, mos, recipe, ladders=PhotoPeaks(photos), quiet=True, **more)
    return net


@pytest.mark.slow
def test_photos_come_to_stand_above_both_of_their_sides():
    coarse = torch.stack([each[:, :6, :6] for each in pictures(8)])
    photos = [*torch.nn.functional.interpolate(coarse, size=(40, 44), mode="bilinear")]
    rungs = PhotoPeaks(photos).draw(32, 32, seeded(5), lambda images: images.mean((1, 2, 3)))
    before, after = (float(ladder_loss(with_peaks(photos, epochs).eval(), rungs).detach()) for epochs in (1, 40))
    assert after < 0.8 * before


@pytest.mark.slow
def test_a_run_with_peaks_resumed_equals_an_unbroken_one(tmp_path):
    for name in ("whole", "broken"):
        (tmp_path / name).mkdir()
    photos = pictures(8)
    whole = with_peaks(photos, 3, run=tmp_path / "whole")

    def stop_at_once():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        with_peaks(photos, 3, run=tmp_path / "broken", after_epoch=stop_at_once)
    assert torch.equal(weights(with_peaks(photos, 3, run=tmp_path / "broken")), weights(whole))


def test_each_spoiled_photo_is_spoiled_and_the_photo_left_alone():
    photos = torch.rand(6, 3, 32, 32, generator=seeded())
    before = photos.clone()
    spoiled = spoil_each(photos, seeded())
    assert torch.equal(photos, before) and spoiled.shape == photos.shape
    assert ((spoiled - photos).abs().mean((1, 2, 3)) > 0.01).all()
    assert torch.equal(spoiled, spoil_each(photos, seeded()))
    assert not torch.equal(spoiled, spoil_each(photos, seeded(), "held-out"))
    assert {*WAYS["all"]} == {*WAYS["trained"], *WAYS["held-out"]} and not {*WAYS["trained"]} & {*WAYS["held-out"]}
