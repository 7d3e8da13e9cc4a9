import pytest
import torch
from fixtures.fake_hub import COMMIT, FakeHub
from fixtures.policies import random_policy

from agents.bundles.files import load_policy, save_policy
from agents.sharing.onnx_export import export_policy
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json, sha256, write_json
from attiqa_core.network import online
from attiqa_core.scorer import Scorer
from attiqa_core.sharing import hub
from experiments.commands import export
from isp_env.core import Task


@pytest.mark.slow
def test_a_folder_ready_for_a_hub_has_a_card_made_from_the_run(tiny_scorer_folder, tmp_path):
    write_json(tmp_path / "run" / "meta.json", {"commit": "c0ffee", "versions": {}})
    results = [
        {
            **{"arm": "pretrained", "protocol": "probe", "train_share": 0.1, "tested_on": "test", "splits": 3},
            "srocc": {"median": 0.789, "min": 0.7, "max": 0.8},
        }
    ]
    write_json(tmp_path / "evaluated" / "summary.json", {"data": "mine", "images": 50, "results": results})
    out = tmp_path / "public"
    outcome = export.run(
        export.Config(
            str(tiny_scorer_folder), out, run=tmp_path / "run", evaluation=tmp_path / "evaluated", licence="cc0-1.0"
        )
    )
    card = (out / "README.md").read_text()
    assert outcome.path == out and "license: cc0-1.0" in card and "c0ffee" in card and "0.789" in card
    assert "on 10% of the training part" in card
    images = torch.rand(1, 3, 72, 72)
    assert torch.equal(Scorer.from_pretrained(out).score(images), Scorer.load(tiny_scorer_folder).score(images))
    assert read_json(out / "scorer.json")["format"] == "attiqa-scorer/1"


def test_options_of_the_other_form_and_used_places_are_refused(tiny_scorer_folder, tmp_path):
    name = str(tiny_scorer_folder)
    for config, message in (
        (export.Config(name, tmp_path), "exists already"),
        (export.Config(name, tmp_path / "m.onnx", run=tmp_path), "--run"),
        (export.Config(name, tmp_path / "folder", size=(3, 4), batch=2), "--size"),
        (export.Config(name, tmp_path / "m.onnx", size=(0, 4)), "at least 1"),
    ):
        with pytest.raises(UsageError, match=message):
            export.run(config)
    with pytest.raises(InputError, match="no such scorer"):
        export.run(export.Config("nothing", tmp_path / "m.onnx"))
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_an_onnx_model_of_fixed_size_and_bytes_is_checked_against_torch(tiny_scorer_folder, tmp_path, capsys):
    for module in ("onnx", "onnxscript", "onnxruntime"):
        pytest.importorskip(module)
    path = tmp_path / "tiny.onnx"
    export.run(export.Config(str(tiny_scorer_folder), path, crops=1, pixels="uint8", size=(80, 90), batch=1))
    import onnxruntime

    (entry,) = onnxruntime.InferenceSession(path).get_inputs()
    assert entry.shape == [1, 3, 80, 90] and entry.type == "tensor(uint8)"
    assert "largest difference from torch" in capsys.readouterr().out


@pytest.fixture
def run(tmp_path):
    """A policy as a training leaves it, whose scorer ships."""
    return save_policy(tmp_path / "run", random_policy(Task("iterative", horizon=2), memory=4))


@pytest.mark.slow
def test_a_policy_is_recognised_and_becomes_one_file_or_a_folder(succeed, run, tmp_path):
    pytest.importorskip("onnx")
    out = succeed("export", run, "--out", tmp_path / "mine.onnx", "--batch", 2)
    assert "largest difference from torch: actions and parameters" in out and out.endswith("mine.onnx\n")
    import onnxruntime

    session = onnxruntime.InferenceSession(tmp_path / "mine.onnx")
    assert [each.shape[0] for each in session.get_inputs()] == [2, 2, 2]
    assert session.get_modelmeta().custom_metadata_map["name"] == "mine"
    succeed("export", run, "--out", tmp_path / "public", "--licence", "mit")
    assert "license: mit" in (tmp_path / "public" / "README.md").read_text()
    assert load_policy(tmp_path / "public").task.horizon == 2


@pytest.mark.slow
def test_render_gives_by_the_onnx_file_what_it_gives_by_the_bundle(attiqa, run, raws, tmp_path):
    pytest.importorskip("onnx")
    policy = load_policy(run)
    export_policy(policy, tmp_path / "mine.onnx", "mine", "0" * 64)
    raw, found = sorted(raws.glob("*.dng"))[0], []
    for place, named in enumerate((run, tmp_path / "mine.onnx")):
        code, _, err = attiqa("render", raw, "--policy", named, "--out", tmp_path / str(place), "--no-sheet")
        assert code == 0 and ("no verdict travels in an ONNX file" in err) == bool(place), err
        found.append(read_json(tmp_path / str(place) / f"{raw.stem}.recipe.json")["params"])
    widths = {each.name: each.high - each.low for each in policy.task.profile.controls}
    assert found[0].keys() == found[1].keys()
    assert all(abs(found[0][name] - found[1][name]) <= 1e-4 * width for name, width in widths.items())


@pytest.mark.slow
def test_a_folder_is_uploaded_where_that_is_asked_for_and_the_commit_is_said(attiqa, run, tmp_path, monkeypatch):
    sent = []
    monkeypatch.setattr(hub, "upload", lambda folder, name, names: sent.append((folder, name, names)) or COMMIT)
    code, _, err = attiqa("export", run, "--out", tmp_path / "public", "--upload", "me/policy")
    weights = read_json(run / "policy.json")["weights"]
    assert code == 0 and f"on the hub as me/policy@{COMMIT}" in err
    assert sent[0][:2] == (tmp_path / "public", "me/policy") and {"policy.json", weights, "README.md"} <= {*sent[0][2]}
    code, _, err = attiqa("export", run, "--out", tmp_path / "other", "--upload", "policy")
    assert code == 2 and "--upload policy: is no repository" in err and not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--out", "x.onnx", "--crops", "1"), "--crops: is about scorers, and"),
        (("--out", "x", "--evaluation", "."), "--evaluation: is about scorers, and"),
        (("--out", "x.onnx", "--with-scorer"), "--with-scorer: has no part in x.onnx"),
        (("--out", "x.onnx", "--upload", "me/policy"), "--upload: has no part in x.onnx"),
    ],
)
def test_options_of_a_scorer_are_refused_for_a_policy(attiqa, run, words, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = attiqa("export", run, *words)
    assert code == 2 and sentence in err and {path.name for path in tmp_path.iterdir()} == {"run"}


def test_an_agent_that_picks_tools_is_refused_with_what_its_bundle_is(attiqa, tmp_path):
    (tmp_path / "tool_policy.json").write_text("{}")
    code, _, err = attiqa("export", tmp_path, "--out", tmp_path / "x")
    assert code == 2 and "is an agent that picks tools" in err and "copy both" in err


def test_options_of_a_policy_are_refused_for_a_scorer(attiqa, tiny_scorer_folder, tmp_path):
    code, _, err = attiqa("export", tiny_scorer_folder, "--out", tmp_path / "x", "--with-scorer")
    assert code == 2 and "--with-scorer: is about policies" in err


def test_a_model_that_differs_from_torch_is_removed(run, tmp_path, monkeypatch):
    pytest.importorskip("onnx")
    monkeypatch.setattr(export, "parity_of_policy", lambda policy, path: float("nan"))
    with pytest.raises(RuntimeError, match="differs from torch; it was removed"):
        export.run(export.Config(str(run), tmp_path / "x.onnx"))
    assert not (tmp_path / "x.onnx").exists()


@pytest.mark.slow
def test_render_takes_a_policy_of_the_hub_and_says_so_in_the_recipe(
    succeed, attiqa, raws, tmp_path, monkeypatch, tiny_scorer, tiny_scorer_folder
):
    scorer = {"name": str(tiny_scorer_folder), "sha256": tiny_scorer.sha256}
    made = random_policy(Task(proxy_px=32, crops=0), constant=True, scorer=scorer)
    remote = save_policy(tmp_path / "remote", made)
    monkeypatch.setattr(hub, "hf_hub_download", FakeHub(remote, tmp_path / "cache"))
    monkeypatch.setattr(online, "answers", lambda url: True)
    succeed("render", raws / "s0_0.dng", "--policy", f"me/policy@{COMMIT}", "--out", tmp_path / "out", "--no-sheet")
    recipe = read_json(tmp_path / "out" / "s0_0.recipe.json")
    assert recipe["source"]["policy"] == f"me/policy@{COMMIT}"
    assert recipe["source"]["policy_sha256"] == sha256(remote / "policy.json")
    code, _, err = attiqa("render", raws, "--policy", "me/policy", "--out", tmp_path / "other")
    assert code == 3 and "me/policy: no such file or folder" in err
