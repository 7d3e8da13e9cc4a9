"""manifest.jsonl: what `attiqa fivek get` fetched into a folder, a line of JSON for each file, written when it is in its place."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from attiqa_core.files.described import sealed, unsealed
from attiqa_core.files.strict import parse_json

NAME = "manifest.jsonl"


@dataclass(frozen=True)
class Row:
    """A file that is whole: where below the folder, bytes, SHA-256, what the server said of its state, when (UTC).

    `adopted`: it was there already, and only its size was compared with the server's.
    """

    path: str
    bytes: int
    sha256: str
    etag: str | None = None
    last_modified: str | None = None
    when: str = ""
    adopted: bool = False


def read_manifest(folder: Path) -> Mapping[str, Row]:
    """Return the rows by path, the last of each; a line that is none, as one cut off by the death of its process, counts for nothing."""
    rows: dict[str, Row] = {}
    path = folder / NAME
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                row = msgspec.convert(unsealed(path, parse_json(line)), Row)
            except (ValueError, RecursionError):  # none, or not what was written
                continue
            rows[row.path] = row
    return rows


def append(folder: Path, row: Row) -> None:
    """Add a row, down to the disk; where the last line was cut off it begins on one of its own."""
    with (folder / NAME).open("ab+") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            cut_off = file.read(1) != b"\n"
            file.write(b"\n" if cut_off else b"")
        file.write(json.dumps(sealed(asdict(row))).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def now() -> str:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
