import re

import pytest
from fixtures.policies import random_policy

from agents.audit.verdict import bundle_of
from agents.bundles.files import load_policy, save_policy
from agents.bundles.names import SCORER, SUMMARY, VERDICT
from agents.sharing.bundle_export import export_bundle, read_own_summary
from agents.sharing.card import policy_card
from agents.sides import Sides, describe_data
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json, write_json
from isp_env.core import Task
from isp_env.observe import observation_names

DATA = {"raws": ["gopro"], "validate": [], "photos": ["kodak"], "scenes": 31, "validation_scenes": 8}
GATE = {"passed": False, "failures": ["oversharpened"]}


@pytest.fixture(scope="module")
def policy():
    made = random_policy(Task(crops=0))
    made.training.update(data=DATA, scorer_gate=GATE, validation_reward=0.0321, training_reward=0.5)
    return made


def test_the_card_says_what_the_bundle_says_and_no_other_number(policy):
    summary = {"validation_better": 0.75, "constant_validation_reward": 0.0111, "seeds": {"0": {}, "1": {}}}
    card = policy_card(policy, "mine", "ab" * 32, summary=summary)
    for said in ("gopro", "kodak", "stand-ins for raws", "31", "**it fails its gate**", "oversharpened", "ab" * 32):
        assert said in card
    measured = card.split("## Measured")[1].split("## Limits")[0]
    assert set(re.findall(r"\d+\.\d+", measured)) == {"0.0321", "0.7500", "0.0111", "0.5000"}
    assert "best of 2 trainings" in measured and measured.count("not recorded") == 4
    limits = card.split("## Limits")[1]
    place = observation_names(policy.task.profile.names).index("log_gain_red")
    assert f"| log_gain_red | {policy.normaliser.low[place]:.3g}" in limits and "native resolution" in limits
    assert "| exposure_ev | EV | -1 | 1 |" in limits and "Apache-2.0" in limits and "not stated" in limits


def test_what_is_missing_is_said_to_be_missing():
    card = policy_card(random_policy(Task("iterative"), constant=True), "mine", "0" * 64)
    assert "None: this policy was not audited" in card and "is not recorded" in card and "model-index" not in card
    assert "before names and scenes of the data were recorded" in card and "the same 16 parameters" in card
    assert (
        card.split("## Measured")[1].count("not recorded") == 9 and "its gate (`attiqa gate`) is not recorded" in card
    )


def test_the_head_is_yaml_for_the_hub(policy):
    yaml = pytest.importorskip("yaml")
    head = yaml.safe_load(policy_card(policy, "a: 'name'", "0" * 64, licence="cc-by-4.0").split("---\n")[1])
    assert head["license"] == "cc-by-4.0" and head["pipeline_tag"] == "reinforcement-learning"
    assert head["model-index"][0]["name"] == "a: 'name'"
    assert head["model-index"][0]["results"][0]["metrics"][0]["value"] == 0.0321


@pytest.fixture
def run(policy, tmp_path):
    """A run folder as training leaves it."""
    folder = save_policy(tmp_path / "run", policy)
    (folder / "checkpoint.safetensors").write_text("private")
    figures = {name: policy.training.get(name) for name in ("seed", "timesteps", "training_reward")}
    write_json(folder / SUMMARY, {**figures, "validation_better": 0.6, "unreadable": ["/home/me/x.dng: broken"]})
    return folder


def verdict(folder, **fields):
    known = bundle_of(folder)
    assert known is not None
    hashes = {"policy_sha256": known.policy_sha256, "behaviour_sha256": known.behaviour_sha256}
    write_json(folder / VERDICT, {"format": "attiqa-verdict/2", "verdict": "hacked", "reasons": ["it greys"],
                                  "asked": "gain", **hashes, "checks": {}, "written": "2026-11-27", **fields})  # fmt: skip


def test_what_travels_is_the_bundles_own_and_loads_as_the_same_policy(run, tmp_path):
    verdict(run)
    out = export_bundle(run, tmp_path / "public", licence="mit")
    described = read_json(out / "policy.json")
    own = {"policy.json", described["weights"], "README.md", VERDICT, SUMMARY}
    assert {path.name for path in out.iterdir()} == own and "unreadable" not in read_json(out / SUMMARY)
    card = (out / "README.md").read_text()
    assert "# public" in card and "**hacked**" in card and "it greys" in card and "0.6000" in card
    assert str(tmp_path) not in "".join((out / name).read_text() for name in own if name.endswith(("md", "json")))
    again = export_bundle(out, tmp_path / "again", name="public", licence="mit")
    assert (again / "README.md").read_text() == card
    assert load_policy(again).base.equal(load_policy(run).base)
    with pytest.raises(UsageError, match="already holds files"):
        export_bundle(run, out)


def test_a_verdict_or_figures_of_another_policy_do_not_come_along(run, tmp_path):
    verdict(run, behaviour_sha256="0" * 64)
    write_json(run / SUMMARY, {**read_json(run / SUMMARY), "timesteps": 7})
    assert read_own_summary(run, load_policy(run)) is None
    out = export_bundle(run, tmp_path / "public")
    assert not (out / VERDICT).exists() and not (out / SUMMARY).exists()
    assert "not audited" in (out / "README.md").read_text()


@pytest.mark.slow
def test_a_scorer_comes_along_if_it_is_wanted_and_is_here(run, tmp_path, tiny_scorer_folder, tiny_scorer):
    own = save_policy(tmp_path / "own", random_policy(Task(), scorer={
        "name": str(tiny_scorer_folder), "sha256": tiny_scorer.sha256}))  # fmt: skip
    out = export_bundle(own, tmp_path / "public", with_scorer=True)
    assert {path.name for path in (out / SCORER).iterdir()} == {"scorer.json", "scorer.safetensors", "README.md"}
    assert not (export_bundle(own, tmp_path / "alone") / SCORER).exists()
    lost = save_policy(tmp_path / "lost", random_policy(Task(), scorer={"name": "/gone/tiny", "sha256": "0" * 64}))
    with pytest.raises(InputError, match="its scorer tiny 000000000000 is not in the bundle"):
        export_bundle(lost, tmp_path / "x", with_scorer=True)


def test_data_is_recorded_by_names_and_counts_without_paths(tmp_path):
    store = tmp_path / "store"
    store.mkdir()
    (store / "index.jsonl").touch()
    (store / "config.toml").write_text('raws = ["/home/me/card/a.dng", "/home/me/card/b.dng"]\nphotos = ["/x/kodak"]\n')
    sides = Sides([], [], (), 5, 2)
    recorded = describe_data([store], [tmp_path / "judging"], sides)
    assert recorded == {"raws": ["card"], "validate": ["judging"], "photos": ["kodak"],
                        "scenes": 5, "validation_scenes": 2}  # fmt: skip
