"""Score tables as text: rows with their line numbers, and one sentence for each way of being wrong."""

import csv
import io
import math
from collections.abc import Iterator
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.files.regular import open_regular

LARGEST_BYTES = 64 * 2**20
"""Of a table of scores; AVA's, of 255,530 images, has 20 million."""


def read_text(path: Path) -> str:
    """Return a table's text, UTF-8 with or without a byte-order mark. Raises: InputError, as for what no table is as large as."""
    path = Path(path)
    if path.is_file() and path.stat().st_size > LARGEST_BYTES:
        raise InputError(
            f"{path}: has more than {LARGEST_BYTES // 2**20} MiB, which no table of scores needs; not read"
        )
    try:
        with open_regular(path) as file:
            return io.TextIOWrapper(file, encoding="utf-8-sig").read()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text; save the table as CSV (UTF-8)") from error


def header(path: Path) -> frozenset[str]:
    """Return the column names of a CSV; empty if it is not one."""
    try:
        with open_regular(Path(path)) as binary, io.TextIOWrapper(binary, encoding="utf-8-sig", newline="") as file:
            return frozenset(name.strip() for name in next(csv.reader([file.readline(65_536)]), ()))
    except (InputError, OSError, UnicodeDecodeError, csv.Error):
        return frozenset()


def read_csv(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line, row) of a CSV whose header has at least `columns`; blank lines are passed over.

    Raises: InputError naming file and line for a missing column or value.
    """
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""))
    try:
        names = [name.strip() for name in reader.fieldnames or ()]
        _check_header(path, names, columns)
        reader.fieldnames = names
        for row in reader:
            if empty := [column for column in columns if not (row[column] or "").strip()]:
                raise InputError(f"{path}, line {reader.line_num}: has no {empty[0]}; fill in or remove the row")
            if None in row:
                raise InputError(f"{path}, line {reader.line_num}: has more values than columns; quote the commas")
            yield reader.line_num, row
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: is not CSV ({error})") from error


def _check_header(path: Path, names: list[str], columns: tuple[str, ...]) -> None:
    missing = [column for column in columns if column not in names]
    if missing and len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        raise InputError(f"{path}: columns are not separated by commas; save it as CSV with commas")
    if missing:
        raise InputError(f"{path}: has no column {' and '.join(missing)}; the first line must name {','.join(columns)}")
    if repeated := [name for name in columns if names.count(name) > 1]:
        raise InputError(f"{path}: has the column {repeated[0]} twice; keep one")


def number(path: Path, line: int, column: str, value: object) -> float:
    """Return a cell as a finite number. Raises: InputError naming file, line and column."""
    try:
        parsed = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}, line {line}: {column} {value!r} is not a number") from error
    if not math.isfinite(parsed):
        raise InputError(f"{path}, line {line}: {column} {value} is not a finite number")
    return parsed
