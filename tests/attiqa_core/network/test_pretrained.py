"""A pretraining as files: what is stored comes back, and what is not a whole pretraining is refused."""

import json

import pytest
import torch
from fixtures.tiny_net import tiny_net

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import sha256
from attiqa_core.network.model import AttiqaNet
from attiqa_core.network.pretrained import load_pretrained, network_to_finetune, save_pretrained

DESCRIBED = {"init": "random", "teachers": [{"teacher": "statistics"}]}


@pytest.fixture
def net() -> AttiqaNet:
    return tiny_net()


def test_a_stored_network_comes_back_with_a_fresh_regressor_of_the_kind_asked_for(net, tmp_path):
    folder = save_pretrained(tmp_path / "run", net, DESCRIBED)
    loaded, described = load_pretrained(folder, "linear")
    assert loaded.arch.regressor == "linear" and described["teachers"] == DESCRIBED["teachers"]
    stored = {name: tensor for name, tensor in net.state_dict().items() if not name.startswith("regressor.")}
    assert all(torch.equal(loaded.state_dict()[name], tensor) for name, tensor in stored.items())
    same, _ = load_pretrained(folder)
    assert not torch.equal(same.regressor[0].weight, net.regressor[0].weight)


def test_the_files_are_those_of_format_1(net, tmp_path):
    folder = save_pretrained(tmp_path, net, DESCRIBED)
    assert {path.name for path in folder.iterdir()} == {"pretrained.safetensors", "pretrained.json"}
    described = json.loads((folder / "pretrained.json").read_text())
    assert list(described) == ["format", "architecture", "init", "teachers", "sha256", "sealed"]
    assert described["format"] == "attiqa-pretrained/1"
    assert described["sha256"] == sha256(folder / "pretrained.safetensors")
    assert described["architecture"]["backbone"] == "test_efficientnet"


def test_what_is_no_pretraining_or_was_changed_is_refused(net, tmp_path):
    with pytest.raises(InputError, match=r"pretrained\.json"):
        load_pretrained(tmp_path)
    folder = save_pretrained(tmp_path, net, DESCRIBED)
    (folder / "pretrained.safetensors").write_bytes((folder / "pretrained.safetensors").read_bytes()[:-1] + b"\0")
    with pytest.raises(InputError, match="SHA-256"):
        load_pretrained(folder)
    (folder / "pretrained.json").write_text(json.dumps({"format": "attiqa-scorer/1"}))
    with pytest.raises(InputError, match="name a run of `attiqa pretrain`"):
        load_pretrained(folder)


def test_fine_tuning_starts_from_a_pretraining_or_from_a_backbone(net, tmp_path):
    folder = save_pretrained(tmp_path, net, DESCRIBED)
    started, start = network_to_finetune(folder, regressor="guarded")
    assert started.arch.backbone == "test_efficientnet" and started.arch.regressor == "guarded"
    assert start == f"pretrained {sha256(folder / 'pretrained.safetensors')[:12]}"
    fresh, start = network_to_finetune(None, backbone="test_resnet", hidden=6, init="random", pooling="stages")
    assert (fresh.arch.backbone, fresh.arch.hidden, fresh.arch.pooling, start) == ("test_resnet", 6, "stages", "random")
    with pytest.raises(UsageError, match="--pooling stages"):
        network_to_finetune(folder, pooling="stages")
