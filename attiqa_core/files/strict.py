"""Texts from strangers: an ordinary file within a size, in UTF-8; strict JSON and TOML, no deeper and with no longer numbers than anybody needs."""

import json
import math
import re
import tomllib
from pathlib import Path
from typing import Any, NoReturn

from attiqa_core.errors import InputError
from attiqa_core.files.regular import open_regular

LARGEST_JSON = 64 * 2**20
"""Bytes. The plan of a billion photos in shards of a thousand has 20 million."""
LARGEST_TOML = 2**20
"""Bytes of what people write by hand."""
DEEPEST = 64
MOST_TABLES = 2_000_000
LONGEST_NUMBER = 40
"""Letters; 2^64 has 20 digits, a float at most 24."""
LONG_KEY = re.compile(r"""(?<![\w"'-])(?:["']?[\w-]++["']?[ \t]*+\.[ \t]*+){32}""")
"""A dotted key for which tomllib takes the square of its length."""


def read_bounded(path: Path, largest: int) -> str:
    """Return the text of an ordinary file of at most `largest` bytes, UTF-8. Raises: InputError."""
    path = Path(path)
    try:
        with open_regular(path) as file:
            content = file.read(largest + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror or error})") from error
    if len(content) > largest:
        raise InputError(f"{path}: has more than {largest // 2**20 or largest} MiB, which no such file needs; not read")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is no text in UTF-8 (byte {error.start}); save it as UTF-8") from error


def parse_json(text: str) -> Any:
    """Return strict JSON. Raises: ValueError or RecursionError for what is none, or could stumble a later step."""
    if text.count("[") + text.count("{") > MOST_TABLES:
        raise ValueError(f"it holds more than {MOST_TABLES:,} tables")
    content = json.loads(
        text, object_pairs_hook=_each_key_once, parse_constant=_no_number, parse_int=_integer, parse_float=_float
    )
    _check_tree(content)
    if "\\ud" in text.lower():  # half of a surrogate pair, which no file can be written with
        json.dumps(content, ensure_ascii=False).encode("utf-8")
    if "\\u0000" in text:
        raise ValueError("a text holds the character NUL")
    return content


def parse_toml(text: str) -> dict[str, Any]:
    """Return TOML's table. Raises: ValueError or RecursionError for what is none, or could stumble a later step."""
    if LONG_KEY.search(text):
        raise ValueError("a key has more than 32 parts")
    content = tomllib.loads(text)  # its error is a ValueError, as is that of a number of too many digits
    _check_tree(content)
    return content


def _check_tree(content: Any) -> None:
    """Raises: ValueError for what is nested deeper than anybody needs, or holds a number that is none, with its place."""
    left = [(content, 0, "")]
    while left:
        each, depth, place = left.pop()
        if depth > DEEPEST:
            raise ValueError(f"it is nested more than {DEEPEST} deep")
        for key, value in each.items() if isinstance(each, dict) else enumerate(each) if isinstance(each, list) else ():
            if isinstance(value, dict | list):
                left.append((value, depth + 1, f"{place}[{str(key)[:40]}] "))
            elif isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{place}{str(key)[:40]}: {value} is not a number")
            elif type(value) is int and value.bit_length() > 64:
                raise ValueError(f"{place}{str(key)[:40]}: a number has too many digits")


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        seen = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))
        raise ValueError(f"the key {twice[:40]!r} is there twice")
    return content


def _integer(word: str) -> int:
    if len(word) > LONGEST_NUMBER:
        raise ValueError(f"a number has {len(word)} digits")
    return int(word)


def _float(word: str) -> float:
    if len(word) > 10 * LONGEST_NUMBER or not math.isfinite(float(word)):
        raise ValueError(f"{word[:20]} is no number that can be kept")
    return float(word)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def shortly(error: Exception) -> str:
    """Return an error's words on one line."""
    return " ".join(str(error).split())[:200]
