"""JSON that a stranger sent: whole, of a sane size, and without anything that later steps could stumble over."""

import json
from pathlib import Path
from typing import Any, NoReturn

from attiqa_core.errors import InputError

LARGEST_BYTES = 16 * 2**20
"""A hundred times what a rater of a thousand trials saves."""

LONGEST_SHOWN = 60


def read_strangers_json(path: Path) -> Any:
    """Return the content of a JSON file; a byte order mark is passed over.

    Raises: InputError if the file cannot be read, is larger than `LARGEST_BYTES`, is not JSON (NaN and infinity are not),
    is nested too deeply, names a key twice, or holds half of a surrogate pair, which no file can be written with.
    """
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for, a device never ends
            raise InputError(f"{path}: is no ordinary file; name the file that the rater saved")
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"{path}: is larger than {LARGEST_BYTES // 2**20} MiB; no study page saves so much")
        text = path.read_text(encoding="utf-8-sig")
        content = json.loads(text, object_pairs_hook=_each_key_once, parse_constant=_no_number)
        json.dumps(content, ensure_ascii=False).encode("utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (OSError, ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: cannot be read as JSON ({shown(str(error))}); ask for the file again") from error
    return content


def shown(value: Any) -> str:
    """Return what a stranger wrote as it may stand in a message: printable, in one line, cut where it is long."""
    text = ascii(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a key is there twice")
    return content


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")
