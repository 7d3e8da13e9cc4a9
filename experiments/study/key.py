"""The key of a blind study: which picture is which. It is written once and stays with whoever runs the study."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files import read_json
from experiments.study.folder import KEY_FILE, KEY_FORMAT, PICTURES, Study, open_study
from experiments.study.pairs import SIDES, Trial

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
    """Return the key of the study in `folder`.

    Raises: InputError if there is none or it is not what `attiqa study export` wrote.
    """
    path = Path(folder) / KEY_FILE
    if not path.is_file():
        raise InputError(f"{path}: no such file; name the folder that `attiqa study export` made")
    content = read_json(path)
    if not isinstance(content, dict) or content.get("format") != KEY_FORMAT:
        raise InputError(f"{path}: is not a study's key; take the one that `attiqa study export` made")
    if content.get("version") == 2:
        return _of_two_arms(path, open_study(folder))
    if content.get("version") != KEY_VERSION:
        raise InputError(f"{path}: has version {content.get('version')!r}, this program reads {KEY_VERSION}")
    try:
        rows = [Trial(row["trial"], row["pair"], row["left"], row["repeat_of"]) for row in content["trials"]]
        names = {side: str(content["names"][side]) for side in SIDES}
        files = {row.pair: {side: content["pairs"][row.pair][side]["file"] for side in SIDES} for row in rows}
        key = Key(content["study"], names, bool(content["ties"]), {row.trial: row for row in rows}, files)
    except (KeyError, TypeError) as error:
        raise InputError(f"{path}: lacks {error}; take the unchanged file from the export") from error
    if any(row.left not in SIDES for row in rows) or len(key.trials) != len(rows):
        raise InputError(f"{path}: its trials were changed; take the unchanged file from the export")
    return key


def _of_two_arms(path: Path, study: Study) -> Key:
    """A key of version 2 as far as it is one of version 1: the trials of its one list that count."""
    if len(study.arms) != 2 or len(study.lists) != 1:
        raise InputError(f"{path}: has {len(study.arms)} versions in {len(study.lists)} lists; this reads two in one")
    counted = [row for row in study.lists[0].trials if row.kind in ("main", "repeat")]
    trials = {row.trial: Trial(row.trial, row.scene, row.left, row.repeat_of) for row in counted}
    files = {name: study.scenes[name].files for name in study.main_scenes}
    return Key(study.study, study.arms, study.protocol.question.answers != "two", trials, files)
