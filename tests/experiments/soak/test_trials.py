"""The soak's trials on commands that are made up, and one process under a limit."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from experiments.soak import trials
from experiments.soak.cases import CASES, Case, words_of
from experiments.soak.running import Ended, result_of, run
from experiments.soak.trials import Undisturbed

CASE = Case("score MATERIALS/photos --csv OUT/scores.csv", ("scores.csv",))


def place_of(words: list[str]) -> Path:
    return Path(words[words.index("--csv") + 1])


class Command:
    """Stands for a process: it is killed so many times, then writes `text`."""

    def __init__(self, killed: int, text: str):
        self.killed, self.text, self.again = killed, text, []

    def __call__(self, words, *, kill_after=None, limit=None, environment=None, log=None) -> Ended:
        self.again.append("--resume" in words)
        place_of(words).parent.mkdir(exist_ok=True)
        if kill_after is not None and self.killed:
            self.killed -= 1
            return Ended(-9, "", 1.0, killed=True)
        try:
            place_of(words).write_text(self.text)
        except OSError as error:
            return Ended(5 if error.errno == 28 else 1, str(error), 1.0)
        return Ended(0, "done", 1.0)


@pytest.fixture
def usual(tmp_path) -> Undisturbed:
    (tmp_path / "usual").mkdir()
    (tmp_path / "usual" / "scores.csv").write_text("right" * 40_000)
    return Undisturbed(result_of(CASE, tmp_path / "usual"), 1.0)


def killed(monkeypatch, tmp_path, usual, command: Command) -> trials.Soaked:
    monkeypatch.setattr(trials, "run", command)
    return trials.kills("score", CASE, tmp_path, tmp_path, usual, 2, random.Random(0), tmp_path / "log")


def test_a_command_that_comes_to_the_same_after_kills_has_no_fault(monkeypatch, tmp_path, usual):
    command = Command(3, "right" * 40_000)
    soaked = killed(monkeypatch, tmp_path, usual, command)
    assert (
        (soaked.rounds, soaked.kills, soaked.faults) == (2, 3, [])
        and "no fault" in soaked.row
        and "not tried" in trials.Soaked("x", "all").row
    )
    assert command.again == [False, True, True, True, False]


def test_another_result_after_a_kill_is_a_fault_once(monkeypatch, tmp_path, usual):
    assert killed(monkeypatch, tmp_path, usual, Command(1, "wrong")).faults == ["another result: scores.csv"]


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root mounts a small disk")
def test_a_disk_that_is_too_small_grows_until_the_command_fits(monkeypatch, tmp_path, usual):
    monkeypatch.setattr(trials, "run", Command(0, "right" * 40_000))
    soaked = trials.small_disk("score", CASE, tmp_path, tmp_path, usual, tmp_path / "log")
    if any("skipped" in note for note in soaked.notes):
        pytest.skip(soaked.notes[0])
    assert soaked.faults == [] and soaked.rounds > 1 and soaked.notes == ["fits in 256 KiB"]


def test_a_bug_and_a_signal_are_faults_and_a_sentence_is_none():
    assert Ended(1, "KeyError (this is a bug; report it)", 1.0).fault and Ended(-11, "", 1.0).fault == "signal 11: "
    assert not Ended(5, "the disk is full", 1.0).fault and not Ended(-9, "", 1.0, killed=True).fault


def test_every_case_names_a_folder_of_its_own_and_goes_on_only_where_something_may_be_there(tmp_path):
    for case in CASES.values():
        first, again = (words_of(case, tmp_path / "m", tmp_path / "o", again=each) for each in (False, True))
        assert any(str(tmp_path / "o") in word for word in first) and "--resume" not in first
        assert [word for word in again if word != "--resume"] == first


def test_the_time_of_day_jumps_and_the_other_clock_does_not():
    code = "import time; print(*(time.time() for _ in range(30)))"
    environment = {**os.environ, "PYTHONPATH": str(trials.JUMPS)}
    said = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    moments = [float(word) for word in said.stdout.split()]
    assert max(moments) > time.time() + 86_000 and min(moments) < time.time() - 3_000


@pytest.mark.slow
def test_a_limit_on_the_size_of_files_is_one_sentence_with_the_file_and_the_cure(tmp_path):
    (tmp_path / "photos").mkdir()
    Image.new("RGB", (64, 64), "teal").save(tmp_path / "photos" / "a.png")
    words = words_of(CASES["label"], tmp_path, tmp_path / "out", again=False)
    ended = run(words, limit=trials._limited("FSIZE", 0))
    assert ended.code == 5 and f"{tmp_path / 'out'}" in ended.said and "ulimit -f" in ended.said, ended
