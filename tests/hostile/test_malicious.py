"""A sample of the hundred: `python -m hostile.malicious` gives all of them to their commands."""

import os

import pytest
from hostile.confined import EXECUTED, confined
from hostile.malicious import FORBIDDEN, MAKERS, outcomes, preload
from hostile.tensors import bomb

SAMPLE = ("scorer.json: 100,000 brackets", "scorer.safetensors: a pickle", "tar: a link to /etc/passwd")


def test_there_are_a_hundred_and_none_executes_while_it_is_made():
    assert len(MAKERS) >= 100


@pytest.mark.slow
def test_what_means_harm_is_refused_in_one_sentence(tmp_path):
    preload(("score", "label"))
    for each in outcomes(list(SAMPLE), tmp_path):
        assert each.ended.verdict not in FORBIDDEN, each
        assert each.ended.code == 3 and each.ended.said.startswith("attiqa: "), each


@pytest.mark.slow
def test_the_harness_notices_what_it_is_there_for(tmp_path, monkeypatch):
    def runs(words):
        os.system(f"touch {tmp_path / 'canary'}")
        return 0

    monkeypatch.setattr("experiments.cli.run_command", runs)
    ended = confined(["score"], tmp_path, tmp_path / "canary")
    assert ended.code == EXECUTED and ended.verdict == "EXECUTED"
    assert b"touch" in bomb(tmp_path / "canary")
