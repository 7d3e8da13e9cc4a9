"""Files that grow by a line of JSON each, every line with a checksum: a power cut takes the last one, a flipped bit none unseen."""

import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.whole import write_text

CHECKED = re.compile(r'(?s)(.*), "crc": "([0-9a-f]{8})"\}')


def line_of(row: Mapping[str, Any]) -> str:
    """Return a row, of one key at least, as a line of JSON whose last key, `crc`, is the CRC-32 of all before it."""
    text = json.dumps(row, allow_nan=False)[:-1]
    return f'{text}, "crc": "{zlib.crc32(text.encode()):08x}"}}\n'


def append_line(path: Path, row: Mapping[str, Any]) -> None:
    """Append a row to a file, whose last line is whole: who goes on takes half a one out with `keep_lines` first."""
    with path.open("a", encoding="utf-8") as file:
        file.write(line_of(row))


def keep_lines(path: Path, kept: Callable[[dict[str, Any]], bool], cure: str) -> list[dict[str, Any]]:
    """Take rows that are not `kept`, and a last line that was cut off, out of a file, and return what is left.

    Raises: InputError as `read_lines`.
    """
    rows = [row for row in read_lines(path, cure) if kept(row)]
    if path.is_file() and path.read_text(encoding="utf-8", errors="replace") != text_of(rows):
        write_text(path, text_of(rows))
    return rows


def text_of(rows: Iterable[Mapping[str, Any]]) -> str:
    """Return the lines of a whole file."""
    return "".join(map(line_of, rows))


def read_lines(path: Path, cure: str, *, unchecked_too: bool = False) -> list[dict[str, Any]]:
    """Return the rows of a file, without their checksums; [] without a file. A last line that was cut off is left out.

    `unchecked_too`: also a file in which no line has a checksum, as other programs and earlier versions write.
    Raises: InputError naming the line, and the cure, for one that is not what was written.
    """
    content = path.read_bytes() if path.is_file() else b""
    *whole, _ = content.split(b"\n")
    checked = not unchecked_too or b'"crc": "' in content
    return [_row(f"{path}:{number}", line, cure, checked=checked) for number, line in enumerate(whole, start=1)]


def _row(place: str, line: bytes, cure: str, *, checked: bool) -> dict[str, Any]:
    try:
        found = CHECKED.fullmatch(line.decode())
        row = json.loads(line)
    except (ValueError, RecursionError):
        found, row = None, None
    is_right = found is not None and zlib.crc32(found[1].encode()) == int(found[2], 16)
    if not isinstance(row, dict) or (checked and not is_right):
        raise InputError(f"{place}: is not a line as it was written; {cure}")
    row.pop("crc", None)
    return row
