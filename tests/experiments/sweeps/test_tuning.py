"""A sweep by Ray Tune whose driver is killed, and what is noted of trials that could not do so themselves."""

import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import msgspec
import pytest
from fixtures import toy_sweep

from experiments.sweeps.ledger import Trial, alone_with, read_trials, write_trial
from experiments.sweeps.results import summary_of
from experiments.sweeps.tuning import note_lost


def driver(folder):
    return subprocess.Popen([sys.executable, toy_sweep.__file__, folder], env={**os.environ, "PYTHONPATH": ".:tests"})


def wait_for(condition, why, seconds=60):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, why
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("ray") is None, reason="needs Ray: pip install 'attiqa-isp[scale]'")
def test_eight_trials_are_each_finished_once_though_the_driver_is_killed(tmp_path):
    first = driver(tmp_path)
    states = lambda: Counter(trial.state for trial in read_trials(tmp_path).values())  # noqa: E731
    wait_for(lambda: states()["finished"] == 2 and states()["begun"] >= 1, "no trial was begun")
    first.send_signal(signal.SIGKILL)
    first.wait()
    for name in read_trials(tmp_path):  # its workers are gone a little later than the driver
        with alone_with(tmp_path, name):
            pass
    before = read_trials(tmp_path)
    (tmp_path / "go").touch()
    assert driver(tmp_path).wait() == 0
    after = read_trials(tmp_path)
    assert Counter((tmp_path / "ended").read_text().split()) == Counter(list(after)) and len(after) == 8
    assert states() == {"finished": 8}
    was_begun = {name for name, trial in before.items() if trial.state == "begun"}
    for name, trial in after.items():  # one that was begun may still have come to its end while its starter died
        assert 1 <= trial.starts <= 1 + (name in was_begun), name
    assert summary_of(toy_sweep.SWEEP, after)["best"] == {
        "setting": {"lr": 5.0},
        "value": 0.0,
        "values": [0.0],
        "runs": ["trials/0005"],
    }


@pytest.fixture
def begun(tmp_path):
    return write_trial(
        tmp_path, Trial(name="0000", verb="train", setting={}, options={}, metric="m", state="begun", starts=1)
    )


def test_a_trial_that_was_lost_with_its_worker_is_noted_for_it(tmp_path, begun):
    note_lost(tmp_path, "0000")
    noted = read_trials(tmp_path)["0000"]
    assert (noted.state, noted.value, noted.why) == ("failed", None, "its worker was lost")


def test_a_trial_that_said_how_it_ended_is_left_alone(tmp_path, begun):
    finished = write_trial(tmp_path, msgspec.structs.replace(begun, state="finished", value=2.0))
    note_lost(tmp_path, "0000")
    assert read_trials(tmp_path)["0000"] == finished
