"""Rows of other programs' files, whatever was done to them on the way: a byte order mark, other line ends, long cells."""

import csv
import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.tables import plain_cell

MOST_BYTES = 500_000_000


@dataclass(frozen=True)
class Row:
    """One row or object of a file. `place` says where it is, as "line 3"."""

    file: Path
    place: str
    values: dict[str, Any]


def read_text(path: Path) -> str:
    """Return a UTF-8 file without its byte order mark. Raises: InputError."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path}: has more than {MOST_BYTES:,} bytes; is it a table of votes?")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text; save the table as CSV (UTF-8)") from error
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def csv_rows(path: Path) -> list[Row]:
    """Return the rows of a CSV whose first line names the columns. Raises: InputError.

    An apostrophe before a formula, as our own tables have it, is taken away. A column that is named twice would hide one of the two, and is refused.
    """
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), restkey="", restval="")
    try:
        with _long_cells():
            names = [name.strip() for name in reader.fieldnames or ()]
            if not any(names):
                raise InputError(f"{path}: is empty; the first line has to name the columns")
            if twice := sorted({name for name in names if name and names.count(name) > 1}):
                raise InputError(f"{path}: has the column {twice[0]} twice; rename one")
            reader.fieldnames = names
            return [
                Row(path, f"line {reader.line_num}", {name: plain_cell(cell) for name, cell in row.items() if name})
                for row in reader
            ]
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: cannot be read as CSV ({error})") from error


def json_content(path: Path) -> Any:
    """Return what a JSON file holds; of a file with a JSON value on each line, the list of them. Raises: InputError."""
    text = read_text(path)
    try:
        return json.loads(text)
    except RecursionError as error:
        raise InputError(f"{path}: is nested too deeply for a file of votes") from error
    except ValueError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            if len(lines) < 2:
                raise ValueError
            return [json.loads(line) for line in lines]
        except (ValueError, RecursionError):
            raise InputError(f"{path}: not a JSON file ({str(error)[:200]}); was it cut off or edited?") from error


@contextmanager
def _long_cells() -> Iterator[None]:
    """HTML stimuli and answers as JSON are longer than the 128 kB that a cell may have otherwise."""
    before = csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    try:
        yield
    finally:
        csv.field_size_limit(before)
