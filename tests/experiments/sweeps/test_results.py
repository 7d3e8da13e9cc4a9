"""The table of a sweep, and the best of it."""

import csv

import pytest

from attiqa_core.errors import InputError
from attiqa_core.files.whole import write_text
from experiments.sweeps.ledger import Trial
from experiments.sweeps.measured import measured
from experiments.sweeps.plan import Sweep
from experiments.sweeps.results import summary_of, write_results

SWEEP = Sweep(verb="train", swept={"lr": [1, 2]}, seeds=2)


def trial(lr, seed, value, state="finished", why=""):
    about = {"verb": "train", "options": {}, "metric": "validation_reward", "starts": 1}
    return Trial(name=f"{lr}-{seed}", setting={"lr": lr, "seed": seed}, value=value, state=state, why=why, **about)


def trials(*each):
    return {one.name: one for one in each}


def test_the_best_setting_is_that_of_the_best_mean_over_its_seeds():
    found = summary_of(SWEEP, trials(trial(1, 0, 0.9), trial(1, 1, 0.1), trial(2, 0, 0.6), trial(2, 1, 0.6)))
    assert found["best"]["setting"] == {"lr": 2} and found["best"]["runs"] == ["trials/2-0", "trials/2-1"]
    assert "validation scenes" in found["measured_on"] and "no test result" in found["measured_on"]


def test_a_setting_whose_seeds_are_not_all_finished_is_not_ranked_and_is_named():
    found = summary_of(
        SWEEP, trials(trial(1, 0, 0.9), trial(1, 1, None, "failed", "x"), trial(2, 0, 0.1), trial(2, 1, 0.1))
    )
    assert found["best"]["setting"] == {"lr": 2} and found["not_finished"] == ["1-1"]


def test_the_table_has_a_row_for_each_trial(tmp_path):
    write_results(tmp_path, SWEEP, trials(trial(1, 0, 0.5), trial(1, 1, None, "failed", "=1+1")))
    rows = list(csv.DictReader((tmp_path / "trials.csv").open()))
    assert [row["validation_reward"] for row in rows] == ["0.5", ""]
    assert rows[1]["why"] == "'=1+1", "no formula"


def test_a_number_is_read_from_the_summary_or_the_last_row(tmp_path):
    write_text(tmp_path / "metrics.jsonl", '{"a": 1}\n{"a": 2, "b": 3}\n{"a": nonsense')
    assert measured(tmp_path, "a") == 2
    write_text(tmp_path / "summary.json", '{"a": 7, "held_out": {"srocc": 0.5}, "c": null}')
    assert measured(tmp_path, "a") == 7 and measured(tmp_path, "held_out.srocc") == 0.5
    with pytest.raises(InputError, match="has a number c"):
        measured(tmp_path, "c")
