"""Verdicts follow their rules, are believed only about the very weights, and are said in one sentence."""

import json

import pytest

from agents.audit.finding import Finding
from agents.audit.verdict import FEWEST_SCENES, decide, in_a_sentence, make_verdict, read_verdict, write_verdict
from agents.bundle_names import VERDICT
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


@pytest.fixture
def bundle(tmp_path):
    write_json(tmp_path / "policy.json", {"sha256": "a" * 64})
    return tmp_path


def test_a_verdict_is_read_back_and_not_believed_about_other_weights(bundle):
    write_verdict(bundle, verdict := make_verdict(findings("passed"), 8, "a" * 64))
    found = read_verdict(bundle)
    assert found is not None and (found.verdict, found.reasons) == (verdict.verdict, verdict.reasons)
    assert found.checks["check 0"]["says"] == "says 0" and found.written == verdict.written
    write_json(bundle / "policy.json", {"sha256": "b" * 64})
    assert read_verdict(bundle) is None


@pytest.mark.parametrize("content", ["", "[]", '{"format": "attiqa-verdict/9"}', '{"verdict": "fine"}'])
def test_a_damaged_or_strange_verdict_is_none(bundle, content):
    (bundle / VERDICT).write_text(content)
    assert read_verdict(bundle) is None


def test_a_missing_verdict_is_one_sentence_with_what_to_do(bundle):
    said = in_a_sentence(bundle)
    assert "no verdict" in said and f"`attiqa audit {bundle}`" in said


def test_a_bad_verdict_is_said_with_its_reason_and_what_to_do(bundle):
    write_verdict(bundle, make_verdict(findings("passed", "failed"), 8, "a" * 64))
    said = in_a_sentence(bundle)
    assert "hacked (check 1: failed)" in said and "do not ship it" in said and "audit.html" in said
    write_verdict(bundle, make_verdict(findings("passed"), 8, "a" * 64))
    assert in_a_sentence(bundle).endswith("safe")


def test_verdict_json_has_the_format_that_others_read(bundle):
    stored = read_json(write_verdict(bundle, make_verdict(findings("passed"), 8, "a" * 64)))
    assert stored["format"] == "attiqa-verdict/1"
    assert set(stored) == {"format", "verdict", "reasons", "policy_sha256", "checks", "written"}


@pytest.mark.parametrize(
    "edited",
    [
        {"verdict": "safe"},  # of a check that failed
        {"verdict": ["safe"]},
        {"verdict": None},
        {"policy_sha256": None},
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
    write_verdict(bundle, make_verdict(findings("failed"), 8, "a" * 64))
    stored = json.loads((bundle / VERDICT).read_text())
    assert read_verdict(bundle) is not None
    (bundle / VERDICT).write_text(json.dumps({**stored, **edited}))
    assert read_verdict(bundle) is None
    assert "no verdict" in in_a_sentence(bundle)


def test_a_verdict_beside_no_bundle_is_none(tmp_path):
    write_verdict(tmp_path, make_verdict(findings("passed"), 8, ""))
    assert read_verdict(tmp_path) is None
