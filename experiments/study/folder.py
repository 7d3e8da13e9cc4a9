"""A study's folder and its key: which picture is which. The key is written once and stays with whoever runs the study."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import msgspec

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, write_json
from experiments.study.protocol import Exclusion, Protocol, Question, Session, content_of
from experiments.study.trials import Trial

KEY_FORMAT, KEY_VERSION = "attiqa-study-key", 2
KEY_FILE = Path("private") / "key.json"
STORE_FILE = Path("private") / "votes.sqlite"
"""What `attiqa study serve` keeps, unless told otherwise."""
LINKS_FILE = Path("private") / "links.csv"
"""One link for each invited rater: whoever has it votes as that rater."""
PICTURES = Path("public") / "pictures"
"""Folder of the pictures that raters see."""


@dataclass(frozen=True)
class Scene:
    """One scene in all its versions. `files` maps an arm to a file name in `PICTURES`, `sources` to where it came from.

    A `gold` or `training` scene may have arms of its own: "good" and "spoiled".
    """

    kind: Literal["main", "gold", "training"]
    width: int
    height: int
    files: Mapping[str, str]
    sources: Mapping[str, str]
    sha256: Mapping[str, str]


@dataclass(frozen=True)
class RaterList:
    """The trials of one rater of a study without a server. `code` is what the page hands back to say which list it was."""

    code: str
    trials: tuple[Trial, ...]


@dataclass(frozen=True)
class Study:
    """What the key says. `arms` maps "a", "b", "c"... to their names, which raters never see."""

    study: str
    arms: Mapping[str, str]
    protocol: Protocol
    scenes: Mapping[str, Scene]
    lists: tuple[RaterList, ...]
    seed: int

    @property
    def main_scenes(self) -> tuple[str, ...]:
        """The scenes whose pairs count, in order of their names."""
        return tuple(sorted(name for name, scene in self.scenes.items() if scene.kind == "main"))


def study_name(seed: int, arms: Mapping[str, str], scenes: Mapping[str, Scene], protocol: Protocol) -> str:
    """Return a study's opaque name: twelve hexadecimal digits of a hash over what it shows and asks, and its seed."""
    said = (seed, sorted(arms.items()), sorted((name, repr(scene)) for name, scene in scenes.items()), protocol.sha256)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:12]


def write_key(folder: Path, study: Study, made: Mapping[str, Any]) -> None:
    """Write `study` as the key of `folder`, the protocol's hash beside it; `made` says by what program and when."""
    said = {"format": KEY_FORMAT, "version": KEY_VERSION, **msgspec.to_builtins(study)}
    protocol = {"protocol": content_of(study.protocol), "protocol_sha256": study.protocol.sha256}
    content = {**said, **protocol, "made": dict(made)}
    write_json(folder / KEY_FILE, {**content, "sha256": _hash_of(content)})


def open_study(folder: Path) -> Study:
    """Return the study in `folder`, of this version or the one before.

    Raises: InputError if there is none, it is not what `attiqa study export` wrote, or it was changed since.
    """
    path = Path(folder) / KEY_FILE
    if not path.is_file():
        raise InputError(f"{path}: no such file; name the folder that `attiqa study export` made")
    content = read_json(path)
    if not isinstance(content, dict) or content.get("format") != KEY_FORMAT:
        raise InputError(f"{path}: is not a study's key; take the one that `attiqa study export` made")
    if content.get("version") not in (1, KEY_VERSION):
        raise InputError(f"{path}: has version {content.get('version')!r}, this program reads 1 and {KEY_VERSION}")
    try:
        study = _first_version(content) if content["version"] == 1 else msgspec.convert(_known(content), Study)
    except (KeyError, TypeError, AttributeError, msgspec.ValidationError) as error:
        raise InputError(f"{path}: lacks {error}; take the unchanged file from the export") from error
    if content["version"] == KEY_VERSION and study.protocol.sha256 != content.get("protocol_sha256"):
        raise InputError(f"{path}: its protocol was changed after the export; take the unchanged file, or export anew")
    _check_trials(path, study)
    if content["version"] == KEY_VERSION and content.get("sha256") != _hash_of(content):
        raise InputError(f"{path}: was changed after the export; take the unchanged file")
    return study


def _hash_of(content: Mapping[str, Any]) -> str:
    """The hash of all that a key says: a name of an arm or a side that was changed by accident looks like any other."""
    said = {key: value for key, value in content.items() if key != "sha256"}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _known(content: Mapping[str, Any]) -> dict[str, Any]:
    return {key: content[key] for key in ("study", "arms", "protocol", "scenes", "lists", "seed")}


def _first_version(content: Mapping[str, Any]) -> Study:
    """A key of version 1: two arms, one list for all."""
    pairs: Mapping[str, Any] = content["pairs"]
    scenes = {
        name: Scene(
            "main",
            pair["width"],
            pair["height"],
            *({side: pair[side][said] for side in "ab"} for said in ("file", "source", "sha256")),
        )
        for name, pair in pairs.items()
    }
    other = {"a": "b", "b": "a"}
    trials = tuple(
        Trial(
            row["trial"],
            "repeat" if row["repeat_of"] else "main",
            row["pair"],
            row["left"],
            other[row["left"]],
            row["repeat_of"],
        )
        for row in content["trials"]
    )
    protocol = Protocol(
        question=Question(text=content["question"], answers="tie" if content["ties"] else "two"),
        session=Session(training=0, repeats=sum(trial.kind == "repeat" for trial in trials)),
        exclusion=Exclusion(),
    )
    names = {side: str(content["names"][side]) for side in "ab"}
    return Study(content["study"], names, protocol, scenes, (RaterList("", trials),), content["seed"])


def _check_trials(path: Path, study: Study) -> None:
    for each in study.lists:
        if len({trial.trial for trial in each.trials}) != len(each.trials) or not _shows_what_is_there(
            each.trials, study
        ):
            raise InputError(f"{path}: its trials were changed; take the unchanged file from the export")


def _shows_what_is_there(trials: Sequence[Trial], study: Study) -> bool:
    return all(
        trial.scene in study.scenes
        and trial.left != trial.right
        and {trial.left, trial.right} <= study.scenes[trial.scene].files.keys()
        for trial in trials
    )
