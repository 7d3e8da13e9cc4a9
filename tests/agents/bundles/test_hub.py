"""A policy from elsewhere: from a stand-in for the hub, and copied alone to another place."""

import shutil

import pytest
import torch
from fixtures.brightness import dark_frames
from fixtures.fake_hub import COMMIT, FakeHub
from fixtures.policies import random_policy

from agents.bundles.files import load_policy, save_policy
from agents.bundles.hub import find_bundle, is_bundle
from agents.sharing.bundle_export import export_bundle
from agents.tuner import PolicyTuner
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.network import online
from attiqa_core.sharing import hub
from isp_env.core import Task

NAME = f"me/policy@{COMMIT}"


@pytest.fixture
def run(tmp_path, tiny_scorer_folder, tiny_scorer):
    """A policy whose scorer lies in a folder of this machine."""
    here = shutil.copytree(tiny_scorer_folder, tmp_path / "here" / "tiny")
    scorer = {"name": str(here), "sha256": tiny_scorer.sha256}
    return save_policy(tmp_path / "here" / "run", random_policy(Task(proxy_px=32, crops=0), scorer=scorer))


@pytest.fixture
def remote(run, tmp_path, monkeypatch) -> FakeHub:
    """A hub that answers, with the exported policy and a file that nobody asked for."""
    published = export_bundle(run, tmp_path / "remote", with_scorer=True)
    (published / "policy.py").write_text("raise SystemExit")
    fake = FakeHub(published, tmp_path / "cache")
    monkeypatch.setattr(hub, "hf_hub_download", fake)
    monkeypatch.setattr(online, "answers", lambda url: True)
    return fake


@pytest.mark.slow
def test_a_policy_of_a_commit_is_fetched_once_and_then_works_offline(remote, run, monkeypatch):
    frames = dark_frames([-1.0])
    here, there = PolicyTuner.load(run), PolicyTuner.load(NAME)
    expected = here.tune(here.core(frames)).values
    assert torch.equal(there.tune(there.core(frames)).values, expected)
    described = read_json(run / "policy.json")
    folder = find_bundle(NAME)
    assert {path.name for path in folder.iterdir()} == {"policy.json", described["weights"], "README.md", "scorer"}
    monkeypatch.setattr(online, "answers", lambda url: False)
    remote.asked.clear()
    shutil.rmtree(run.parent)  # another machine
    again = PolicyTuner.load(NAME)
    assert torch.equal(again.tune(again.core(frames)).values, expected)
    assert {where for _, where in remote.asked} == {"cache"}


def test_a_policy_that_is_not_here_and_cannot_be_had_is_one_sentence(remote, monkeypatch):
    (remote.remote / read_json(remote.remote / "policy.json")["weights"]).unlink()
    with pytest.raises(InputError, match=r"me/policy@0123456789ab: policy-\w+.safetensors cannot be fetched"):
        load_policy(NAME)
    monkeypatch.setattr(online, "answers", lambda url: False)
    with pytest.raises(InputError, match=r"does not answer.*works offline: a bundle's folder"):
        load_policy(NAME.replace("me/", "you/").replace("0", "1"))
    with pytest.raises(UsageError, match="revision 'main' can move"):
        load_policy("me/policy@main")


def test_a_path_for_weights_is_refused_before_it_is_asked_for(remote):
    described = read_json(remote.remote / "policy.json")
    write_json(remote.remote / "policy.json", {**described, "weights": "../../secret.safetensors"})
    with pytest.raises(InputError, match="no name of a file beside it"):
        load_policy(NAME)
    assert {name for name, _ in remote.asked} == {"policy.json"}


def test_weights_that_changed_in_the_cache_are_refused(remote):
    folder = find_bundle(NAME)
    path = folder / read_json(folder / "policy.json")["weights"]
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(InputError, match="SHA-256"):
        load_policy(NAME)


def test_what_a_name_is_of_is_recognised(remote, run, tiny_scorer_folder):
    assert is_bundle(NAME) and is_bundle(str(run))
    assert not is_bundle(str(tiny_scorer_folder)) and not is_bundle("attiqa-mini")
    (remote.remote / "policy.json").unlink()
    assert not is_bundle(NAME.replace("0", "1"))


@pytest.mark.slow
def test_a_bundle_copied_alone_says_which_scorer_it_needs_and_works_with_it(run, tmp_path, tiny_scorer_folder):
    frames = dark_frames([-1.0])
    expected = (tuner := PolicyTuner.load(run)).tune(tuner.core(frames)).values
    alone = shutil.copytree(run, tmp_path / "elsewhere" / "copy")
    shutil.rmtree(run.parent)
    with pytest.raises(
        InputError, match=r"copy: its scorer tiny \w{12} is not in the bundle; give its folder with --scorer"
    ):
        PolicyTuner.load(alone)
    given = PolicyTuner.load(alone, tiny_scorer_folder)
    assert torch.equal(given.tune(given.core(frames)).values, expected)
    shutil.copytree(tiny_scorer_folder, alone / "scorer")
    inside = PolicyTuner.load(alone)
    assert torch.equal(inside.tune(inside.core(frames)).values, expected)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (f"me/scorer@{COMMIT}", r"its scorer is me/scorer@\w{40} on the Hugging Face hub; fetch it once online"),
        ("/home/her/runs/reward", r"its scorer reward 0{12} is not in the bundle.*--with-scorer"),
        ("pyiqa:musiq", r"is not in the bundle"),
        (
            "/her/one+attiqa-mini+/her/two",
            r"is 3 judges joined.*they were /her/one, attiqa-mini, /her/two where.*/her/one: no such",
        ),
    ],
)
def test_where_a_scorer_is_to_be_had_is_said(tmp_path, name, sentence, monkeypatch):
    monkeypatch.setattr(online, "answers", lambda url: False)
    folder = save_policy(tmp_path / "run", random_policy(Task(), scorer={"name": name, "sha256": "0" * 64}))
    with pytest.raises(InputError, match=sentence):
        PolicyTuner.load(folder)
