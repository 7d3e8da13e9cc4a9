"""`attiqa study rehearse`: what is tried before real raters come, and that nothing of it stays."""

import hashlib

import pytest
from fixtures.studies import small_study

from experiments.commands.study_rehearse import run
from experiments.options.study_rehearse import Config


def contents(folder):
    """Every file of a folder, by the hash of its bytes."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.mark.slow
def test_simulated_raters_answer_every_pair_and_leave_the_study_as_it_was(tmp_path, capsys):
    small_study(tmp_path)
    before = contents(tmp_path)
    outcome = run(Config(tmp_path, raters=3, pause=0.0, seed=1))
    printed = capsys.readouterr().out
    assert outcome.failures == () and "none of them is kept" in outcome.sentence
    assert "4 with 3" in printed and "0 lost, 0 changed" in printed
    assert contents(tmp_path) == before


@pytest.mark.slow
def test_raters_who_leave_early_are_told_and_leave_pairs_open(tmp_path, capsys):
    small_study(tmp_path)
    outcome = run(Config(tmp_path, raters=3, dropouts=1.0, pause=0.0, seed=1))
    assert "3 left early" in capsys.readouterr().out
    assert not any("lost" in failure or "changed" in failure for failure in outcome.failures)
