"""Where fits begin: values for each raw from a JSON or CSV file, such as the sliders of a catalogue in our parameters."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.tables import plain_cell
from experiments.options.recipe_files import read_table
from isp_env.fitting.files import read_fits
from isp_env.parameters.profiles import Profile, refuse_beyond
from isp_env.parameters.table import KNOWN
from isp_env.raw_io.find import RAW_SUFFIXES

NAME_COLUMNS = ("name", "photo", "raw")
"""Columns that may hold a raw's name, of which the first that there is counts; a suffix such as .dng plays no part."""

Values = Mapping[str, float]


def read_starts(path: Path | None, names: Sequence[str], profile: Profile) -> list[dict[str, float]]:
    """Return the start of each named raw: its row, or nothing, which is the camera default.

    A CSV has a row for each raw, with a column of its name and columns called as parameters; an empty cell says nothing. A
    JSON file holds {name: {parameter: value}}, or parameters for all raws, or is a recipe or `fits.json`. What is no control of the
    profile is left out. Raises: InputError naming file, raw and parameter for a value that its stage does not take, two rows of
    a raw, or none of any; UsageError for another kind of file.
    """
    if path is None:
        return [{} for _ in names]
    readers = {".csv": _of_csv, ".json": _of_json}
    if path.suffix.lower() not in readers:
        raise UsageError(f"--start {path}: give a .csv or .json file")
    table = readers[path.suffix.lower()](path)
    found = [table.get(name, table.get("", {})) for name in names]
    if not any(found):
        raise InputError(
            f"{path}: has no values for any of the raws; its names have to be those of the raws, as {names[0]}"
        )
    return [_checked(path, name, values, profile) for name, values in zip(names, found, strict=True)]


def _of_csv(path: Path) -> dict[str, Values]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: cannot be read as CSV ({error})") from error
    column = next((each for each in NAME_COLUMNS if rows and each in rows[0]), None)
    if column is None:
        raise InputError(f"{path}: has no column {' or '.join(NAME_COLUMNS)} and a row below it")
    table: dict[str, Values] = {}
    for row in rows:
        name = _stem(plain_cell(row[column] or ""))
        if name in table:
            raise InputError(f"{path}: has two rows of {name}; keep those of one collection or expert")
        table[name] = {key: _number(path, name, key, cell) for key, cell in row.items() if cell and key in KNOWN}
    return table


def _of_json(path: Path) -> dict[str, Values]:
    content = read_table(path)
    if str(content.get("format", "")).startswith("attiqa-fits/"):
        return {fit.name: fit.params for fit in read_fits(path).items}
    values: Any = content.get("params", content)
    if not isinstance(values, dict):
        raise InputError(f"{path}: params: is no table")
    if all(isinstance(each, dict) for each in values.values()):
        return values
    return {"": values}


def _checked(path: Path, name: str, values: Values, profile: Profile) -> dict[str, float]:
    kept = {key: value for key, value in values.items() if key in profile.names}
    for key, value in kept.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InputError(f"{path}: {name}: {key}: {value!r} is not a number")
        try:
            refuse_beyond(key, value, known=profile.known)
        except InputError as error:
            raise InputError(f"{path}: {name}: {error}") from error
    return kept


def _number(path: Path, name: str, key: str, cell: str) -> float:
    try:
        return float(cell)
    except ValueError as error:
        raise InputError(f"{path}: {name}: {key}: {cell!r} is not a number") from error


def _stem(cell: str) -> str:
    """A raw's stem; what stands after another dot than a raw's suffix is part of it."""
    return Path(cell).stem if Path(cell).suffix.lower() in RAW_SUFFIXES else cell
