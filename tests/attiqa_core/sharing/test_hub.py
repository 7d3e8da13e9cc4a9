import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from fixtures.fake_hub import COMMIT, FakeHub

from attiqa_core.errors import InputError, UsageError
from attiqa_core.network import online
from attiqa_core.scorer import CARD, DESCRIPTION, WEIGHTS, Scorer
from attiqa_core.sharing import hub


@pytest.fixture(autouse=True)
def hub_that_answers(monkeypatch):
    monkeypatch.setattr(online, "answers", lambda url: True)


def test_the_network_is_asked_only_for_what_the_cache_lacks(tmp_path, tiny_scorer_folder):
    remote = shutil.copytree(tiny_scorer_folder, tmp_path / "remote")
    (remote / "malware.py").write_text("raise SystemExit")
    fake = FakeHub(remote, tmp_path / "cache")
    folder = hub.fetch("org/name", COMMIT, (DESCRIPTION, WEIGHTS), (CARD,), fake)
    assert {name for name, where in fake.asked if where == "network"} == {DESCRIPTION, WEIGHTS, CARD}
    assert {path.name for path in folder.iterdir()} == {DESCRIPTION, WEIGHTS}
    fake.asked.clear()
    assert hub.fetch("org/name", COMMIT, (DESCRIPTION, WEIGHTS), (CARD,), fake) == folder
    assert {where for _, where in fake.asked} == {"cache"}


@pytest.mark.parametrize("revision", [None, "main", "v1.0", COMMIT[:12]])
def test_a_revision_that_can_move_is_refused(revision):
    with pytest.raises(UsageError, match="pinned commit"):
        Scorer.from_pretrained("org/name", revision)


def test_a_missing_file_of_the_hub_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"org/name@0123456789ab: scorer.json cannot be fetched"):
        hub.fetch("org/name", COMMIT, (DESCRIPTION,), (), FakeHub(tmp_path / "nothing", tmp_path / "cache"))


def test_a_hub_that_does_not_answer_is_not_asked_for_files(tmp_path, monkeypatch):
    monkeypatch.setattr(online, "answers", lambda url: False)
    fake = FakeHub(tmp_path / "nothing", tmp_path / "cache")
    with pytest.raises(InputError, match=r"does not answer.*attiqa-mini"):
        hub.fetch("org/name", COMMIT, (DESCRIPTION,), (CARD,), fake)
    assert fake.asked == [(DESCRIPTION, "cache")]


@pytest.fixture
def hub_cache(tmp_path, tiny_scorer_folder, monkeypatch) -> Path:
    """huggingface_hub's own cache layout with one scorer in it, and the network switched off."""
    from huggingface_hub import constants

    snapshot = tmp_path / "models--org--name" / "snapshots" / COMMIT
    shutil.copytree(tiny_scorer_folder, snapshot)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return snapshot


def test_a_cached_scorer_loads_offline_by_name_and_commit(hub_cache, tiny_scorer):
    scorer = Scorer.from_pretrained("org/name", revision=COMMIT, crops=1)
    again = Scorer.from_pretrained(f"org/name@{COMMIT}", crops=1)
    images = torch.rand(1, 3, 72, 72)
    assert torch.equal(scorer.score(images), tiny_scorer.score(images)) and scorer.name == again.name == "org/name"
    assert scorer.reference == scorer.with_crops(5).reference == f"org/name@{COMMIT}"  # also on another machine
    assert torch.equal(Scorer.from_pretrained(scorer.reference, crops=1).score(images), scorer.score(images))


def test_offline_and_uncached_is_one_sentence(hub_cache):
    with pytest.raises(InputError, match="HF_HUB_OFFLINE is set"):
        Scorer.from_pretrained("org/other", revision=COMMIT)


def test_tampered_weights_in_the_cache_are_refused(hub_cache):
    content = bytearray((hub_cache / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (hub_cache / WEIGHTS).write_bytes(content)
    with pytest.raises(InputError, match="SHA-256"):
        Scorer.from_pretrained("org/name", revision=COMMIT)


class FakeClient:
    """Stands for `HfApi`, which keeps what it was sent, or refuses."""

    def __init__(self, refuses: Exception | None = None):
        self.refuses, self.sent = refuses, {}

    def upload_folder(self, *, repo_id, folder_path, allow_patterns, commit_message):
        if self.refuses is not None:
            raise self.refuses
        self.sent = {"repository": repo_id, "names": allow_patterns}
        return SimpleNamespace(oid=COMMIT)


def test_an_upload_sends_the_named_files_alone_and_returns_the_commit(tmp_path, monkeypatch):
    client = FakeClient()
    assert hub.upload(tmp_path, "org/name", (DESCRIPTION, WEIGHTS), client) == COMMIT
    assert client.sent == {"repository": "org/name", "names": [DESCRIPTION, WEIGHTS]}
    with pytest.raises(InputError, match=r"org/name: does not take .*\(401\).*hf auth login"):
        hub.upload(tmp_path, "org/name", (CARD,), FakeClient(OSError("401\nlong story")))
    monkeypatch.setattr(online, "answers", lambda url: False)
    with pytest.raises(InputError, match=r"org/name: cannot be written to .*does not answer.*once online"):
        hub.upload(tmp_path, "org/name", (CARD,), client)


def test_whether_a_commit_holds_a_file_is_asked_once_and_known_offline(tmp_path, tiny_scorer_folder, monkeypatch):
    fake = FakeHub(tiny_scorer_folder, tmp_path / "cache")
    assert hub.holds("org/name", COMMIT, DESCRIPTION, fake) and not hub.holds("org/name", COMMIT, "policy.json", fake)
    monkeypatch.setattr(online, "answers", lambda url: False)
    assert hub.holds("org/name", COMMIT, DESCRIPTION, fake)
    with pytest.raises(InputError, match="does not answer"):
        hub.holds("org/name", COMMIT, "policy.json", fake)
    with pytest.raises(UsageError, match="pinned commit"):
        hub.holds("org/name", "main", DESCRIPTION, fake)


def test_what_is_saved_loads_again_with_the_same_weights_and_a_card(tmp_path, tiny_scorer):
    folder = tiny_scorer.save_pretrained(tmp_path / "mine")
    assert {path.name for path in folder.iterdir()} == {DESCRIPTION, WEIGHTS, CARD}
    again, images = Scorer.from_pretrained(folder, crops=1), torch.rand(1, 3, 72, 72)
    assert again.sha256 == tiny_scorer.sha256 and torch.equal(again.score(images), tiny_scorer.score(images))
    with pytest.raises(UsageError, match="already holds files"):
        tiny_scorer.save_pretrained(folder)


@pytest.mark.slow
def test_a_shipped_name_needs_no_revision():
    assert Scorer.from_pretrained("attiqa-mini", crops=1).reference == "attiqa-mini"
