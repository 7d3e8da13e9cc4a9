"""JSON files that know their own hash, so that a changed bit is noticed wherever it is."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, write_json

SEAL = "sealed_sha256"


def write_sealed(path: Path, content: Mapping[str, Any]) -> None:
    """Write `content` to `path` atomically as indented JSON, with the hash of all of it."""
    write_json(path, {**content, SEAL: _hash(content)})


def read_sealed(path: Path, form: str, cure: str) -> dict[str, Any]:
    """Return what `write_sealed` wrote. Raises: InputError, with the cure, if it is not of the format, or was changed."""
    told = read_json(path)
    if not isinstance(told, dict) or told.get("format") != form:
        raise InputError(f"{path}: is not of the format {form}; {cure}")
    if told.pop(SEAL, None) != _hash(told):
        raise InputError(f"{path}: was changed after it was written; {cure}")
    return told


def _hash(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, allow_nan=False).encode()).hexdigest()
