"""What happens without a network: nothing here opens a connection or waits."""

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
import timm
import torch
from huggingface_hub import constants
from safetensors.torch import save_file

from attiqa_core.errors import InputError
from attiqa_core.network import clip_weights, online
from attiqa_core.network.backbones import imagenet_weights

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Session:
    """The hub's client: every request ends as `answer` says."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def head(self, url: str, timeout: float):
        self.asked.append(url)
        return SimpleNamespace(status_code=self.answer())


@pytest.fixture
def client(monkeypatch):
    """Put a client in the place of the hub's and return it."""

    def install(answer) -> Session:
        session = Session(answer)
        monkeypatch.setattr(online, "get_session", lambda: session)
        return session

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    return install


@pytest.fixture
def empty_cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path / "torch"))
    return tmp_path / "hub"


@pytest.fixture
def silent(monkeypatch):
    monkeypatch.setattr(online, "answers", lambda url: False)


def refuse():
    raise OSError("Name or service not known")


def test_any_answer_means_that_the_host_is_there_and_an_error_that_it_is_not(client):
    assert client(lambda: 403) and online.answers("https://hub.example") == 403 and not online.unreachable()
    client(refuse)
    assert not online.answers("https://hub.example")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_host_that_is_too_busy_is_not_asked_for_half_a_minute(client, status):
    client(lambda: status)
    assert online.unreachable().endswith(f"answers {status} just now, try later")


def test_a_host_that_keeps_silent_is_not_waited_for(client, monkeypatch):
    silence = threading.Event()
    client(silence.wait)
    monkeypatch.setattr(online, "PATIENCE_S", 0.0)
    assert not online.answers("https://hub.example")
    silence.set()


def test_the_reason_names_the_host_and_the_endpoint_of_the_environment_counts(client, monkeypatch):
    session = client(refuse)
    monkeypatch.setattr(constants, "ENDPOINT", "https://mirror.example")
    assert online.unreachable().endswith("mirror.example does not answer")
    assert online.unreachable("https://elsewhere.example/a.pth").endswith("elsewhere.example does not answer")
    assert session.asked == ["https://mirror.example", "https://elsewhere.example/a.pth"]


def test_an_offline_environment_is_believed_without_a_request(client, monkeypatch):
    session = client(refuse)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert "HF_HUB_OFFLINE is set" in online.unreachable() and not session.asked


def test_cached_weights_are_loaded_without_a_request_and_the_hub_is_itself_again_afterwards(client):
    session = client(refuse)
    with pytest.raises(RuntimeError), online.fetching("weights", "", cached=True):
        assert constants.HF_HUB_OFFLINE
        raise RuntimeError
    assert not constants.HF_HUB_OFFLINE and not session.asked
    with pytest.raises(InputError, match=r"^weights \(not in .* answer\); take others"):
        online.fetching("weights", "take others", cached=False).__enter__()


@pytest.mark.parametrize("backbone", ["resnet50", "torchvision:resnet18"])
def test_imagenet_weights_that_cannot_be_had_name_what_works_offline(backbone, empty_cache, silent):
    with pytest.raises(InputError, match=f"--backbone {backbone}: .*--backbone tf_efficientnet_lite0.*--init random"):
        imagenet_weights(backbone)


def test_a_network_without_published_weights_says_so(empty_cache, silent):
    with pytest.raises(InputError, match="timm has no ImageNet weights"):
        imagenet_weights("coatnet_0_224")


def test_imagenet_weights_in_the_cache_need_no_network(empty_cache, client):
    session = client(refuse)
    network = timm.create_model("test_efficientnet", pretrained=False)
    repository = timm.get_pretrained_cfg("test_efficientnet").hf_hub_id  # type: ignore[union-attr]
    folder = empty_cache / f"models--{repository.replace('/', '--')}"
    for part, name, text in (("refs", "main", COMMIT), (f"snapshots/{COMMIT}", "model.safetensors", "")):
        (folder / part).mkdir(parents=True)
        (folder / part / name).write_text(text)
    save_file(network.state_dict(), folder / "snapshots" / COMMIT / "model.safetensors")
    weights = imagenet_weights("test_efficientnet")
    assert torch.equal(weights["conv_stem.weight"], network.state_dict()["conv_stem.weight"]) and not session.asked


@pytest.mark.parametrize(("model", "weights"), [("ViT-B-16", "openai"), ("hf-hub:org/name", "")])
def test_clip_weights_that_cannot_be_had_name_what_works_offline(model, weights, empty_cache, silent):
    with pytest.raises(InputError, match=f"{model}.*--clip-weights.*--teacher statistics"):
        clip_weights.load_clip(model, weights, torch.device("cpu"), None)


def test_a_tokenizer_of_open_clip_asks_nobody(client):
    session = client(refuse)
    assert clip_weights.load_tokenizer("ViT-B-16")(["a photo"]).shape == (1, 77) and not session.asked
