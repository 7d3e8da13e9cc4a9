"""Verdicts follow their rules, are believed only about the very policy, and are said in one sentence."""

import json

import pytest

from agents.audit.finding import Finding
from agents.audit.said import in_a_sentence, is_safe
from agents.audit.verdict import FEWEST_SCENES, Bundle, bundle_of, decide, make_verdict, read_verdict, write_verdict
from agents.bundles.names import VERDICT
from attiqa_core.files.whole import read_json, write_json


def findings(*states):
    return [Finding(f"check {place}", "?", state, f"says {place}", "rule") for place, state in enumerate(states)]


@pytest.mark.parametrize(
    ("states", "scenes", "word"),
    [
        (("passed", "passed"), FEWEST_SCENES, "safe"),
        (("passed", "passed"), FEWEST_SCENES - 1, "doubtful"),
        (("passed", "left out"), FEWEST_SCENES, "doubtful"),
        (("passed", "doubtful"), FEWEST_SCENES, "doubtful"),
        (("doubtful", "failed"), FEWEST_SCENES, "hacked"),
        (("failed", "passed"), 1, "hacked"),
    ],
)
def test_the_word_is_that_of_the_gravest_check(states, scenes, word):
    assert decide(findings(*states), scenes)[0] == word


def test_what_failed_is_told_before_what_is_doubtful():
    assert decide(findings("doubtful", "passed", "failed"), 8)[1] == ("check 2: says 2", "check 0: says 0")


def test_who_imitates_is_called_faithful_or_unfaithful():
    assert decide(findings("passed"), FEWEST_SCENES, "examples")[0] == "faithful"
    assert decide(findings("failed", "passed"), FEWEST_SCENES, "examples")[0] == "unfaithful"
    assert decide(findings("passed"), 2, "examples")[0] == "doubtful"


DESCRIBED = {
    "format": "attiqa-policy/2",
    "weights": "policy-a.safetensors",
    "sha256": "a" * 64,
    "reach": 0.6,
    "task": {"proxy_px": 96, "steps": 1},
    "reward_weights": {"noise_gain": 0.5},
    "parameters": [["exposure_ev", -2.0, 2.0, 0.0, "linear"]],
    "scorer": {"name": "/mine/scorer", "sha256": "c" * 64},
    "training": {"algorithm": "ppo", "validation_reward": 0.03},
}


@pytest.fixture
def bundle(tmp_path):
    write_json(tmp_path / "policy.json", DESCRIBED)
    return tmp_path


def verdict_of(states, scenes, bundle):
    known = bundle_of(bundle)
    assert known is not None
    return make_verdict(findings(*states), scenes, known)


def test_a_verdict_is_read_back_and_not_believed_about_other_weights(bundle):
    write_verdict(bundle, verdict := verdict_of(["passed"], 8, bundle))
    found = read_verdict(bundle)
    assert found is not None and (found.verdict, found.reasons) == (verdict.verdict, verdict.reasons)
    assert found.checks["check 0"]["says"] == "says 0" and found.written == verdict.written
    write_json(bundle / "policy.json", {**DESCRIBED, "sha256": "b" * 64})
    assert read_verdict(bundle) is None and "with other weights" in in_a_sentence(bundle)


@pytest.mark.parametrize(
    "changed",
    [
        {"reach": 0.7},
        {"task": {"proxy_px": 97, "steps": 1}},
        {"reward_weights": {"noise_gain": 0.51}},
        {"parameters": [["exposure_ev", -2.0, 2.5, 0.0, "linear"]]},
        {"scorer": {"name": "/mine/scorer", "sha256": "d" * 64}},
        {"isp": {"name": "blocks", "sha256": "e" * 64}},
        {"goals": 1},  # a field of a later version
        {"training": {"algorithm": "imitation"}},
    ],
)
def test_one_number_changed_beside_the_weights_and_the_verdict_is_of_another_policy(bundle, changed):
    write_verdict(bundle, verdict_of(["passed"], 8, bundle))
    assert is_safe(bundle)
    write_json(bundle / "policy.json", {**DESCRIBED, **changed})
    assert read_verdict(bundle) is None and not is_safe(bundle)
    assert "its verdict is of another policy: numbers of policy.json were changed since" in in_a_sentence(bundle)


@pytest.mark.parametrize(
    "changed",
    [
        {"scorer": {"name": "/theirs/scorer", "sha256": "c" * 64}},
        {"training": {"algorithm": "ppo", "validation_reward": 0.03, "note": "hers"}},
        {"weights": "policy-b.safetensors"},
    ],
)
def test_what_a_policy_is_called_and_where_its_scorer_lies_does_not_take_its_verdict_away(bundle, changed):
    write_verdict(bundle, verdict_of(["passed"], 8, bundle))
    write_json(bundle / "policy.json", {**DESCRIBED, **changed})
    assert is_safe(bundle)


def test_a_verdict_by_an_earlier_version_has_to_be_made_again(bundle):
    stored = {"format": "attiqa-verdict/1", "verdict": "safe", "reasons": [], "policy_sha256": "a" * 64, "checks": {}}
    write_json(bundle / VERDICT, {**stored, "written": "2026-11-27"}, seal=True)
    assert read_verdict(bundle) is None
    assert "by an earlier version" in (said := in_a_sentence(bundle)) and "has to be made again" in said


@pytest.mark.parametrize("content", ["", "[]", '{"format": "attiqa-verdict/9"}', '{"verdict": "fine"}'])
def test_a_damaged_or_strange_verdict_is_none(bundle, content):
    (bundle / VERDICT).write_text(content)
    assert read_verdict(bundle) is None


def test_a_missing_verdict_is_one_sentence_with_what_to_do(bundle):
    said = in_a_sentence(bundle)
    assert "no verdict" in said and f"`attiqa audit {bundle}`" in said


def test_a_bad_verdict_is_said_with_its_reason_and_what_to_do(bundle):
    write_verdict(bundle, verdict_of(["passed", "failed"], 8, bundle))
    said = in_a_sentence(bundle)
    assert "hacked (check 1: failed)" in said and said.endswith("do not ship it, train again with another reward")
    (bundle / "audit.html").write_text("")
    assert in_a_sentence(bundle) == f"{said}, see {bundle / 'audit.html'}"
    write_verdict(bundle, verdict_of(["passed"], 8, bundle))
    assert in_a_sentence(bundle).endswith("safe")


def test_verdict_json_has_the_format_that_others_read(bundle):
    stored = read_json(write_verdict(bundle, verdict_of(["passed"], 8, bundle)))
    assert stored["format"] == "attiqa-verdict/2"
    hashes = {"policy_sha256", "behaviour_sha256"}
    assert set(stored) == {"format", "verdict", "reasons", "asked", *hashes, "checks", "written"}


@pytest.mark.parametrize(
    "edited",
    [
        {"verdict": "safe"},  # of a check that failed
        {"verdict": ["safe"]},
        {"verdict": None},
        {"policy_sha256": None},
        {"behaviour_sha256": None},
        {"behaviour_sha256": "0" * 64},
        {"asked": "examples"},
        {"asked": ["gain"]},
        {"verdict": "faithful"},
        {"reasons": "abc"},
        {"reasons": [1]},
        {"checks": []},
        {"checks": {}, "verdict": "safe"},
        {"checks": {"check 0": {}}},
        {"checks": {"check 0": {"state": "failed"}}},
        {"checks": {"check 0": {"state": ["failed"], "named": []}}},
        {"checks": {"check 0": {"state": "passed", "named": []}}, "verdict": "hacked"},
        {"checks": {"check 0": {"state": "left out", "named": []}}, "verdict": "safe"},
        {"written": 1e400},
    ],
)
def test_a_verdict_that_a_hand_was_in_is_none(bundle, edited):
    write_verdict(bundle, verdict_of(["failed"], 8, bundle))
    stored = json.loads((bundle / VERDICT).read_text())
    assert read_verdict(bundle) is not None
    (bundle / VERDICT).write_text(json.dumps({**stored, **edited}))
    assert read_verdict(bundle) is None
    assert "verdict" in (said := in_a_sentence(bundle)) and "attiqa audit" in said and "safe" not in said


def test_a_verdict_beside_no_bundle_is_none(tmp_path):
    write_verdict(tmp_path, make_verdict(findings("passed"), 8, Bundle("", "", "gain")))
    assert read_verdict(tmp_path) is None
