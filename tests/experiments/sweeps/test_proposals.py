"""Which trial comes next, in a sweep that is new or goes on."""

import importlib.util

import msgspec
import pytest

from attiqa_core.errors import InputError, UsageError
from experiments.sweeps.ledger import path_of, read_trials, write_trial
from experiments.sweeps.plan import Range, Sweep
from experiments.sweeps.proposals import Proposals

GRID = Sweep(verb="train", swept={"lr": [0.1, 0.2, 0.3]}, fixed={"raws": ["r"]})


def names(proposals: Proposals) -> list[str]:
    return list(iter(proposals.next, None))


def note(folder, name, **how):
    write_trial(folder, msgspec.structs.replace(read_trials(folder)[name], **how))


def test_trials_that_are_done_are_not_proposed_again_and_failed_ones_are(tmp_path):
    assert names(Proposals(tmp_path, GRID)) == ["0000", "0001", "0002"]
    note(tmp_path, "0000", state="finished", value=1.0)
    note(tmp_path, "0001", state="failed")
    assert names(Proposals(tmp_path, GRID)) == ["0001", "0002"]


def test_the_ledger_has_every_option_of_a_trial(tmp_path):
    Proposals(tmp_path, GRID)
    assert read_trials(tmp_path)["0001"].options == {"raws": ["r"], "lr": 0.2}


def test_a_ledger_of_other_options_is_refused(tmp_path):
    Proposals(tmp_path, GRID)
    with pytest.raises(UsageError, match=r"0000\.json: is of other options"):
        Proposals(tmp_path, msgspec.structs.replace(GRID, fixed={}))


@pytest.mark.parametrize("damage", ["{}", '{"format": "attiqa-trial/9"}', "[" * 50_000, "gone"])
def test_a_damaged_entry_is_one_sentence(tmp_path, damage):
    Proposals(tmp_path, GRID)
    path_of(tmp_path, "0000").write_text(damage)
    with pytest.raises(InputError, match=r"0000\.json"):
        Proposals(tmp_path, GRID)


@pytest.mark.skipif(importlib.util.find_spec("optuna") is None, reason="needs optuna: pip install 'attiqa-isp[search]'")
@pytest.mark.slow
def test_optuna_learns_from_what_is_finished_and_the_ledger_ends_at_the_number_of_trials(tmp_path):
    swept = {"lr": Range(low=1e-4, high=1.0, scale="log"), "algo": ["ppo", "sac"]}
    sweep = Sweep(verb="train", swept=swept, search="optuna", trials=30, mode="min")
    proposals = Proposals(tmp_path, sweep)
    while (name := proposals.next()) is not None:
        lr = read_trials(tmp_path)[name].setting["lr"]
        note(tmp_path, name, state="finished", value=abs(lr - 0.01))
    found = [trial.value for trial in read_trials(tmp_path).values()]
    assert len(found) == 30 == proposals.count
    assert sorted(found[10:])[10] < sorted(found[:10])[5], "it looks where it was good"
