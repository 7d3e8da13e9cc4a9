"""Tables as CSV that no spreadsheet runs as a program."""

import csv
import io
from collections.abc import Iterable
from typing import Any

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula. Source: OWASP, CSV Injection."""


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """Return rows as CSV text (RFC 4180 quoting, LF line ends) that no spreadsheet runs as a program.

    Text that begins as a formula does gets an apostrophe before it, which spreadsheets do not show and `plain_cell` takes
    away; numbers, also as text, stay as they are. The one way in which a stranger's name may get into a table.
    """
    lines = []
    for row in rows:
        line = io.StringIO()
        csv.writer(line, lineterminator="\r\n").writerow([safe_cell(cell) for cell in row])
        lines.append(
            line.getvalue().removesuffix("\r\n") + "\n"
        )  # csv quotes a carriage return only if lines end in one
    return "".join(lines)


def safe_cell(cell: Any) -> Any:
    """Return a cell as `csv_text` writes it."""
    if isinstance(cell, str) and (cell.startswith(FORMULA_STARTS) or _is_escaped(cell)) and not _is_number(cell):
        return "'" + cell
    return cell


def plain_cell(cell: str) -> str:
    """Return what `safe_cell` was given."""
    return cell[1:] if _is_escaped(cell) else cell


def _is_escaped(cell: str) -> bool:
    return cell.startswith("'") and cell.lstrip("'").startswith(FORMULA_STARTS)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return cell.strip() == cell
