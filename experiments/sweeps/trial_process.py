"""One trial as a process of its own: the command, and its entry in the ledger. It ends with whoever started it.

python -m experiments.sweeps.trial_process SWEEP NAME
"""

import importlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from filelock import Timeout

from experiments.options.outcome import say
from experiments.running.begun import begun
from experiments.running.command_line import module_of, parse_stored
from experiments.running.signals import heeded
from experiments.running.streams import EXIT_SOME_FAILED, guarded
from experiments.sweeps.ledger import Trial, alone_with, path_of, read_trial, run_of, write_trial
from experiments.sweeps.measured import measured

PROGRAM = (sys.executable, "-m", "experiments.sweeps.trial_process")


def start(folder: Path, name: str, program: Sequence[str] = PROGRAM) -> subprocess.Popen[bytes]:
    """Return the process of a trial, just started, whose words go to the trial's log; it is killed when we are gone."""
    with path_of(folder, name).with_suffix(".log").open("ab") as log:
        return subprocess.Popen([*program, str(folder), name], stdin=subprocess.PIPE, stdout=log, stderr=log)


def main(words: list[str], run: Callable[[Path, Trial], int] | None = None) -> int:
    """Run a trial and return its exit code; one that is done already is not run again. `run` is what runs its command."""
    folder, name = Path(words[0]), words[1]
    try:
        with alone_with(folder, name):
            trial = read_trial(path_of(folder, name))
            return 0 if trial.state == "finished" else _run(folder, trial, run or _run_verb)
    except Timeout:
        say(f"{folder / name}: another process works on this trial")
        return 1


def _run(folder: Path, trial: Trial, run: Callable[[Path, Trial], int]) -> int:
    trial = write_trial(folder, msgspec.structs.replace(trial, state="begun", starts=trial.starts + 1, why=""))
    code = guarded(lambda words: run(folder, trial), [], debug=False)
    if code in (0, EXIT_SOME_FAILED):
        value = measured(run_of(folder, trial.name), trial.metric)
        write_trial(folder, msgspec.structs.replace(trial, state="finished", value=value))
    return code


def _run_verb(folder: Path, trial: Trial) -> int:
    options = {**trial.options, "out": str(run_of(folder, trial.name)), "resume": True}
    config = parse_stored(trial.verb, options, path_of(folder, trial.name))
    config.check()
    with begun(trial.verb, config):
        outcome = importlib.import_module(f"experiments.commands.{module_of(trial.verb)}").run(config)
    for sentence in (*outcome.told_failures, outcome.sentence):
        say(sentence)
    measured(run_of(folder, trial.name), trial.metric)  # a missing number is a failure with a sentence
    return EXIT_SOME_FAILED if outcome.failures else 0


def die_with_the_starter() -> None:
    """Have this process killed when its standard input ends, which only its starter holds open: however that one ends."""

    def watch() -> None:
        os.read(0, 1)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def last_words(folder: Path, name: str) -> str:
    """Return the last sentence of a trial's log, why it failed."""
    log = path_of(folder, name).with_suffix(".log")
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines() if log.is_file() else []
    said = [line.removeprefix("attiqa: ") for line in lines if line.startswith("attiqa: ")]
    return said[-1] if said else (lines[-1] if lines else "it said nothing")


if __name__ == "__main__":
    die_with_the_starter()
    with heeded():
        sys.exit(main(sys.argv[1:]))
