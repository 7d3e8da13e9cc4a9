"""A study's protocol as it is frozen at the export: the file's, with what the command line says otherwise; and as TOML again."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from attiqa_core.errors import InputError
from experiments.study.page import languages_of
from experiments.study.protocol import Protocol, content_of, read_protocol


def settled_protocol(file: Path | None, *, question: Mapping[str, Any], session: Mapping[str, Any]) -> Protocol:
    """Return the protocol of `file`, or the default one, with `question` and `session` changed where these are not None.

    Language files stand in it with their whole paths. Raises: InputError for what is wrong in the file, or in a language file.
    """
    protocol = Protocol() if file is None else read_protocol(file)
    for key, value in msgspec.structs.asdict(protocol.exclusion).items():
        if value is not None and not math.isfinite(value):
            raise InputError(f"{file}: [exclusion] {key} = {value}: is no number to compare with; leave the rule out")
    asked = _changed(protocol.question, question)
    beside = Path() if file is None else file.parent
    languages = tuple(_language(each, beside) for each in asked.languages)
    languages_of(languages)
    return msgspec.structs.replace(
        protocol,
        question=msgspec.structs.replace(asked, languages=languages),
        session=_changed(protocol.session, session),
    )


def protocol_toml(protocol: Protocol) -> str:
    """Return a protocol as a TOML file that says all of it, its hash in the first line; what is not given is left out."""
    content = content_of(protocol)
    lines = [f"# As frozen in key.json; SHA-256 {protocol.sha256}"]
    lines += [_line(key, value) for key, value in content.items() if not isinstance(value, dict)]
    for name, table in content.items():
        if isinstance(table, dict):
            said = [_line(key, value) for key, value in table.items() if value is not None]
            lines += ["", f"[{name}]", *said]
    return "\n".join(lines) + "\n"


def _changed(table: Any, changes: Mapping[str, Any]) -> Any:
    return msgspec.structs.replace(table, **{key: value for key, value in changes.items() if value is not None})


def _language(name: str, beside: Path) -> str:
    if not name.endswith(".toml"):
        return name
    return str((beside / name).resolve())


def _line(key: str, value: Any) -> str:
    written = json.dumps(value, ensure_ascii=False)  # strings, numbers, booleans and lists of them read alike in TOML
    return f"{key} = {written}".replace("\x7f", "\\u007f")  # but for this one character
