"""TOML files that people write by hand: tables and keys that are not known are refused by name."""

import math
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.described import read_toml


def read_tables(path: Path, known: Mapping[str, Collection[str] | None]) -> dict[str, dict[str, Any]]:
    """Return the tables of a TOML file. `known` has the keys of each table, None where any may stand.

    Raises: InputError naming the file, and the table or key.
    """
    tables = read_toml(path)
    for name, table in tables.items():
        if name not in known or not isinstance(table, dict):
            raise InputError(f"{path}: {name}: is not one of the tables {', '.join(f'[{each}]' for each in known)}")
        keys = known[name]
        if keys is not None and (strange := [key for key in table if key not in keys]):
            raise InputError(f"{path}: [{name}] {strange[0]}: is not known; [{name}] holds {', '.join(keys)}")
    return tables


def numbers(path: Path, table: str, key: str, value: Any, count: Collection[int]) -> tuple[float, ...]:
    """Return a number or list of numbers as a tuple. Raises: InputError unless it is finite and has one of these counts."""
    values = value if isinstance(value, list) else [value]
    if len(values) not in count:
        allowed = " or ".join(map(str, count))
        raise InputError(f"{path}: [{table}] {key}: has {len(values)} numbers; give {allowed}")
    for each in values:
        if isinstance(each, bool) or not isinstance(each, int | float) or not math.isfinite(each):
            raise InputError(f"{path}: [{table}] {key}: {each!r} is not a number")
    return tuple(map(float, values))
