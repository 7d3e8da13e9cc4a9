"""The ledger of a sweep: a file for each trial, written by whoever works on it, whole or not at all."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Literal

import msgspec

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.runs.lock import in_turn

FORMAT = "attiqa-trial/1"
TRIALS = "trials"
WAIT_S = 60.0
"""How long a trial waits for one of a driver that was killed to be gone."""
State = Literal["planned", "begun", "finished", "failed"]
"""A sweep that goes on leaves what is finished as it is; a trial that failed is tried again."""


class Trial(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One trial: what it is, and how far it came. `value` is what it is judged by."""

    format: Literal["attiqa-trial/1"] = FORMAT
    name: str
    verb: str
    setting: dict[str, Any]
    options: dict[str, Any]
    metric: str
    state: State = "planned"
    starts: int = 0
    value: float | None = None
    why: str = ""


def path_of(folder: Path, name: str) -> Path:
    """Return the ledger's file of a trial."""
    return folder / TRIALS / f"{name}.json"


def run_of(folder: Path, name: str) -> Path:
    """Return the run folder of a trial."""
    return folder / TRIALS / name


def write_trial(folder: Path, trial: Trial) -> Trial:
    """Write a trial's state and return it."""
    write_json(path_of(folder, trial.name), msgspec.to_builtins(trial), seal=True)
    return trial


def read_trial(path: Path) -> Trial:
    """Return what the ledger's file says. Raises: InputError if it is not of the format."""
    try:
        return msgspec.convert(read_json(path), Trial)
    except msgspec.ValidationError as error:
        raise InputError(f"{path}: is no {FORMAT} ({error}); remove it, and the trial is run again") from error


def read_trials(folder: Path) -> dict[str, Trial]:
    """Return all trials of a sweep by their names, in order."""
    return {path.stem: read_trial(path) for path in sorted((folder / TRIALS).glob("*.json"))}


def alone_with(folder: Path, name: str) -> AbstractContextManager[None]:
    """A context in which nobody else works on a trial. Raises: filelock.Timeout if somebody does for WAIT_S."""
    return in_turn(folder / TRIALS / f".{name}.lock", WAIT_S)
