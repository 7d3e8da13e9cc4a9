"""The key of a blind study: which picture is which. It is written once and stays with whoever runs the study."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from experiments.study.folder import KEY_FORMAT, PICTURES, open_study
from experiments.study.pairs import Trial

__all__ = ["PICTURES", "Key", "make_key", "read_key"]
KEY_VERSION = 1


@dataclass(frozen=True)
class Key:
    """What `analyse` needs of `key.json`: the study's name, what A and B stand for, its trials by name, and the file in
    `PICTURES` of each side of each pair."""

    study: str
    names: Mapping[str, str]
    ties: bool
    trials: Mapping[str, Trial]
    files: Mapping[str, Mapping[str, str]]


def make_key(
    trials: Sequence[Trial],
    pairs: Mapping[str, Mapping[str, Any]],
    *,
    names: Mapping[str, str],
    question: str,
    ties: bool,
    seed: int,
) -> dict[str, Any]:
    """Return the key as JSON content; `pairs` says of each pair its size and, by side, file and source."""
    rows = [
        {
            "trial": trial.trial,
            "pair": trial.pair,
            "left": trial.left,
            "repeat_of": trial.repeat_of,
            "left_file": pairs[trial.pair][trial.left]["file"],
            "right_file": pairs[trial.pair][trial.right]["file"],
        }
        for trial in trials
    ]
    study = hashlib.sha256(repr((seed, sorted(pairs.items()), rows)).encode()).hexdigest()[:12]
    said = {"study": study, "names": dict(names), "question": question, "ties": ties, "seed": seed}
    return {"format": KEY_FORMAT, "version": KEY_VERSION, **said, "pairs": dict(pairs), "trials": rows}


def read_key(folder: Path) -> Key:
    """Return the key of the study of two arms in `folder`: the trials of its first list that count.

    Raises: InputError if there is none, or it is not what `attiqa study export` wrote.
    """
    study = open_study(folder)
    if len(study.arms) != 2 or not study.lists:
        raise InputError(f"{folder}: has {len(study.arms)} versions in {len(study.lists)} lists; this reads two in one")
    trials = {
        row.trial: Trial(row.trial, row.scene, row.left, row.repeat_of)
        for row in study.lists[0].trials
        if row.kind in ("main", "repeat")
    }
    files = {name: study.scenes[name].files for name in study.main_scenes}
    return Key(study.study, study.arms, study.protocol.question.answers != "two", trials, files)
