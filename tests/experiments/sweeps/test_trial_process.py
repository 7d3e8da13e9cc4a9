"""A trial's entry in the ledger, by the process that does the work."""

from pathlib import Path

import pytest

from attiqa_core.errors import InputError
from attiqa_core.files.whole import write_json
from experiments.sweeps.ledger import Trial, path_of, read_trial, run_of, write_trial
from experiments.sweeps.trial_process import last_words, main


@pytest.fixture
def folder(tmp_path) -> Path:
    write_trial(tmp_path, Trial(name="t", verb="train", setting={}, options={}, metric="validation_reward"))
    return tmp_path


def train(folder: Path, trial: Trial) -> int:
    write_json(run_of(folder, trial.name) / "summary.json", {"validation_reward": 0.25})
    return 0


def refused(folder: Path, trial: Trial) -> int:
    raise InputError("raws: no such folder; name another")


def entry(folder: Path) -> Trial:
    return read_trial(path_of(folder, "t"))


def test_a_finished_trial_has_its_number_and_is_not_run_again(folder):
    assert main([str(folder), "t"], train) == 0
    assert (entry(folder).state, entry(folder).starts, entry(folder).value) == ("finished", 1, 0.25)
    assert main([str(folder), "t"], refused) == 0
    assert entry(folder).starts == 1


def test_a_trial_that_fails_has_its_exit_code_and_may_be_started_again(folder):
    assert main([str(folder), "t"], refused) == 3
    assert entry(folder).state == "begun"
    main([str(folder), "t"], train)
    assert (entry(folder).state, entry(folder).starts) == ("finished", 2)


def test_why_a_trial_failed_is_the_last_sentence_of_its_log(folder):
    path_of(folder, "t").with_suffix(".log").write_bytes(b"attiqa: first\nattiqa: raws: no such folder\n50%|x|\n")
    assert last_words(folder, "t") == "raws: no such folder"
