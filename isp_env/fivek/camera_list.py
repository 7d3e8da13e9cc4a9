"""cameras.csv: which camera took each photo, and the bytes of its raw, as `attiqa fivek get --camera` asked the server once."""

import contextlib
import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from attiqa_core.files.whole import write_text
from isp_env.fivek.photos import NUMBERS

NAME = "cameras.csv"
LONGEST_NUMBER = 15  # digits


@dataclass(frozen=True)
class Head:
    """What the first bytes of a DNG tell: the camera, "" where it does not say, and the size of the whole in bytes."""

    camera: str
    bytes: int | None


def read_cameras(folder: Path) -> dict[int, Head]:
    """Return what is kept in the folder, by number; lines that are none count for nothing."""
    path, found = folder / NAME, dict[int, Head]()
    if not path.is_file():
        return found
    with contextlib.suppress(csv.Error):  # what comes before it counts
        for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8", errors="replace"))):
            number, size = _whole(row.get("number")), _whole(row.get("bytes"))
            if number is not None and number in NUMBERS:
                found[number] = Head(row.get("camera") or "", size)
    return found


def _whole(cell: str | None) -> int | None:
    return int(cell) if cell and cell.isdecimal() and len(cell) <= LONGEST_NUMBER else None


def write_cameras(folder: Path, names: Mapping[int, str], heads: Mapping[int, Head]) -> None:
    """Keep what is known: number, name, camera and bytes of each photo, by number."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    writer.writerow(["number", "name", "camera", "bytes"])
    writer.writerows(
        [number, names.get(number, ""), head.camera, head.bytes or ""] for number, head in sorted(heads.items())
    )
    write_text(folder / NAME, lines.getvalue())
