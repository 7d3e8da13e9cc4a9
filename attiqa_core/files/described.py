"""Descriptions: JSON that we wrote and TOML that people write, read as what a stranger may have written.

A description is a small text that says what lies beside it, or what is wanted. It is read whole, within a size, strictly
(no key twice, no NaN, nothing deeper or longer than anybody needs), its format first, then by one type whose annotations
hold every range. What we write and nobody is to edit carries a seal: the hash of all the rest.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

import msgspec

from attiqa_core.errors import InputError
from attiqa_core.files.strict import LARGEST_JSON, LARGEST_TOML, parse_json, parse_toml, read_bounded, shortly

Kind = TypeVar("Kind")

SEAL = "sealed"
"""The key of the hash of all the others."""

Hash = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
"""A SHA-256, in hexadecimal digits."""
Pixels = Annotated[int, msgspec.Meta(ge=16, le=4096)]
"""A side of what a network looks at: above, one picture of it needs more memory than a machine has."""
Finite = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
Positive = Annotated[float, msgspec.Meta(gt=1e-9, le=1e9)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z")]
"""The name of a network, as timm and open_clip have them: no address, no path."""
Words = Annotated[str, msgspec.Meta(max_length=1000)]


def read_description(path: Path, kind: type[Kind], cure: str, *, more: bool = False) -> Kind:
    """Return what a JSON or TOML file says, as a dataclass or Struct whose annotations are its schema.

    A `format: Literal[...]` among its fields is checked first. `cure` is how one gets such a file, as "train it again".
    With `more` there may stand more at the top than the schema has: what a training says of itself.
    Raises: InputError naming the file and the field, such as $.view.resize.
    """
    content = read_toml(path) if path.suffix == ".toml" else read_json(path)
    return described(path, content, kind, cure, more=more)


def described(path: Path, content: Any, kind: type[Kind], cure: str, *, more: bool = False) -> Kind:
    """Return `content`, which stood in `path`, as a `kind`. Raises: InputError as `read_description`."""
    if formats := get_args(get_type_hints(kind).get("format")):
        check_format(path, content, formats, cure)
    try:
        found = msgspec.convert(content, kind, strict=True)
    except (msgspec.ValidationError, OverflowError, UnicodeError) as error:
        raise InputError(f"{path}: {_at_field(str(error))}; {cure}") from error
    known = msgspec.to_builtins(found)
    if unknown := _unknown({key: content[key] for key in content if key in known or not more}, known, "$"):
        raise InputError(f"{path}: {unknown}: is not known to this version; {cure}, or update attiqa-isp")
    return found


def check_format(path: Path, content: Any, known: Sequence[str], cure: str) -> dict[str, Any]:
    """Return a description's table once its "format" is one that is read. Raises: InputError naming both.

    Of a later version of the same format the cure is a later version of this package.
    """
    given = content.get("format") if isinstance(content, dict) else None
    if given in known and isinstance(content, dict):
        return content
    name, _, version = given.rpartition("/") if isinstance(given, str) else ("", "", "")
    latest_name, _, latest = known[-1].rpartition("/")
    if name == latest_name and version.isdecimal() and len(version) < 9 and int(version) > int(latest):
        cure = "update attiqa-isp"
    shown = repr(given) if len(repr(given)) <= 60 else f"{repr(given)[:60]}..."
    raise InputError(f"{path}: format {shown} is not {known[-1]!r}, which this version reads; {cure}")


def read_json(path: Path, largest: int = LARGEST_JSON) -> Any:
    """Return the content of a JSON file, without its seal.

    Raises: InputError if the file is missing, no ordinary file, larger than `largest` bytes, not strict JSON in UTF-8
    (a byte order mark is passed over), or not what was sealed.
    """
    return unsealed(path, _parsed(path, largest))


def read_sealed(path: Path, cure: str, form: str | None = None) -> dict[str, Any]:
    """Return the table of a JSON file that has to have its seal, without it: what a run goes on with.

    Raises: InputError, with the cure, as `read_json`, for one without a seal, and for one of another format than `form`.
    """
    content = _parsed(path, LARGEST_JSON)
    if form is not None and (not isinstance(content, dict) or content.get("format") != form):
        raise InputError(f"{path}: is not of the format {form}; {cure}")
    if not isinstance(content, dict) or SEAL not in content or content[SEAL] != _hash_of(_rest_of(content)):
        raise InputError(f"{path}: was changed after it was written, or is of an earlier version of attiqa; {cure}")
    return _rest_of(content)


def _parsed(path: Path, largest: int) -> Any:
    text = read_bounded(path, largest)
    try:
        return parse_json(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not a JSON file ({shortly(error)}); was it cut off or edited?") from error


def read_toml(path: Path) -> dict[str, Any]:
    """Return what a TOML file holds. Raises: InputError for one that is missing, too large, or none."""
    text = read_bounded(path, LARGEST_TOML)
    try:
        return parse_toml(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: cannot be read as TOML ({shortly(error)})") from error


def sealed(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a table with its seal: the SHA-256 of all the rest, whatever its layout."""
    return {**content, SEAL: _hash_of(content)}


def unsealed(path: Path, content: Any) -> Any:
    """Return a table without its seal; one of former versions has none. Raises: InputError where the seal does not fit."""
    if not isinstance(content, dict) or SEAL not in content:
        return content
    if content[SEAL] != _hash_of(_rest_of(content)):
        raise InputError(
            f'{path}: was changed after it was written (its seal does not fit); make it again, or if you edited it yourself, take its "sealed" out'
        )
    return _rest_of(content)


def _rest_of(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in content.items() if name != SEAL}


def _hash_of(content: Mapping[str, Any]) -> str:
    """Of the content as JSON reads it back: a tuple is a list."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, allow_nan=False).encode()).hexdigest()


def _unknown(content: Any, known: Any, place: str) -> str | None:
    """The place of the first key that the typed content has not taken up, None if it has all."""
    if isinstance(content, dict) and isinstance(known, dict):
        for key, value in content.items():
            if key not in known:
                return f"{place}.{str(key)[:40]}"
            if found := _unknown(value, known[key], f"{place}.{str(key)[:40]}"):
                return found
    elif isinstance(content, list) and isinstance(known, list | tuple):
        for index, (value, other) in enumerate(zip(content, known, strict=False)):
            if isinstance(value, dict | list) and (found := _unknown(value, other, f"{place}[{index}]")):
                return found
    return None


def _at_field(message: str) -> str:
    """msgspec's "Expected `int`, got `str` - at `$.view.resize`" with the field first."""
    said, _, place = message.partition(" - at ")
    said = re.sub(r"^Object missing required field (`.*`)", r"lacks \1", said)
    said = re.sub(r"^([A-Z])", lambda letter: letter[0].lower(), said)
    return f"{place.strip('`')}: {said}" if place else f"$: {said}"
