"""Tables of a report: rows and cells as HTML."""

import re
from collections.abc import Sequence
from html import escape
from typing import Any


def cells(row: Sequence[Any], is_shown: bool = False) -> str:
    """Return a row of a table; what stands in brackets is set smaller."""
    texts = [re.sub(r"(\(.*\))", r"<small>\1</small>", escape(str(each))) for each in row]
    marked = ' class="shown"' if is_shown else ""
    return f"<tr{marked}>{''.join(f'<td>{each}</td>' for each in texts)}</tr>"


def grid(titles: Sequence[str], rows: Sequence[str]) -> str:
    """Return a table that scrolls sideways where it is too wide."""
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in titles)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
