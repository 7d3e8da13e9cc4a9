"""What a run in shards was begun with: the verb and its options, so that all workers do the same and merging needs no options."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.described import described, read_sealed
from attiqa_core.files.whole import write_json
from attiqa_core.photos.places import absolute
from attiqa_core.runs.folder import to_toml
from attiqa_core.runs.lock import PRIVATE
from experiments.options import scaling
from experiments.options.resume import FREE_ON_RESUME
from experiments.running.command_line import parse_stored
from experiments.scaling import works

FORMAT = "attiqa-sharded/1"
FILE = f"{PRIVATE}/sharded.json"
AGAIN = "run the workers again in another folder"


class RecordFile(msgspec.Struct, frozen=True):
    """What sharded.json holds."""

    format: Literal["attiqa-sharded/1"]
    verb: str
    options: dict[str, Any]


ADDRESS = re.compile(r"\w+:")
"""How a path begins that is none of this machine, such as fivek: or s3:."""


def write(folder: Path, verb: str, config: Any) -> None:
    """Record what a run does, its paths made absolute; what only workers differ in is left out."""
    write_json(folder / FILE, {"format": FORMAT, "verb": verb, "options": _options(config)}, seal=True)


def check(folder: Path, verb: str, config: Any, free: Sequence[str]) -> None:
    """Raises: UsageError if the folder was begun with another verb or with options that give another result."""
    if not (folder / FILE).exists():
        return
    begun_verb, begun = _read(folder)
    if begun_verb != verb:
        raise UsageError(f"{folder}: was begun by `attiqa {begun_verb}`; name another folder")
    asked = _options(config)
    for name in sorted(begun.keys() | asked.keys()):
        if name not in {*FREE_ON_RESUME, *free} and begun.get(name) != asked.get(name):
            raise UsageError(f"{folder}: was begun with {name} {begun.get(name)}, not {asked.get(name)}; use the same")


def read(folder: Path) -> tuple[str, Any]:
    """Return the verb and the options of a run in shards, which may have been moved. Raises: InputError if there is none."""
    if not (folder / FILE).is_file():
        raise InputError(f"{folder}: no run in shards is here; run its workers with --shard first")
    verb, options = _read(folder)
    if verb not in works.WORKS:
        raise InputError(f"{folder / FILE}: $.verb: {verb[:40]!r} does not run in shards; {AGAIN}")
    config = parse_stored(verb, options, folder / FILE)
    if verb == "score":
        return verb, replace(config, csv=folder.with_suffix(""))
    return verb, replace(config, out=folder)


def _read(folder: Path) -> tuple[str, dict[str, Any]]:
    content = read_sealed(folder / FILE, AGAIN, FORMAT)
    told = described(folder / FILE, content, RecordFile, AGAIN)
    return told.verb, told.options


def _options(config: Any) -> dict[str, Any]:
    here = replace(config, **{each.name: _absolute(getattr(config, each.name)) for each in fields(config)})
    told = tomllib.loads(to_toml(here))
    return {name: value for name, value in told.items() if name not in (*scaling.NAMES, "resume")}


def is_address(path: Path) -> bool:
    """Return whether a path is none of this machine."""
    return ADDRESS.match(str(path)) is not None


def _absolute(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_absolute, value))
    return absolute(value) if isinstance(value, Path) and not is_address(value) else value
