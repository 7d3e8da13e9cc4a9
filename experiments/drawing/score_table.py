"""The CSV of scores, which are about [0, 1] and not clipped: one line as soon as an image is done, so that a long run can go on after a crash."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.tables import csv_text, plain_cell
from attiqa_core.files.whole import write_text
from attiqa_core.judges.judge import Judge
from attiqa_core.judges.score_files import ScoredFile


class ScoreTable:
    """Rows of text cells, and the file they go to, if any."""

    def __init__(self, scorer: Judge, path: Path | None, others: Mapping[str, Judge] | None = None):
        """A table with a column for each of `others`, by its name. Raises: UsageError if a name is that of a column."""
        others = others or {}
        self.path = path
        self.identity = " ".join(f"{judge.sha256[:12]}x{judge.crops}" for judge in (scorer, *others.values()))
        self.attribute_names, self.judges = tuple(scorer.attribute_names), tuple(others)
        columns = ("image", "score", "mos", *self.attribute_names)
        self.header = (*columns, *self.judges, "scorer")
        if taken := next((name for name in self.judges if name in (*columns, "scorer")), None):
            raise UsageError(f"--judges {taken}: is the name of a column; write ./{taken} for a folder")

    def row(self, result: ScoredFile) -> dict[str, str]:
        """Return a result as cells; `scorer` has, for each judge, the start of its weights' SHA-256 and its crops."""
        values = (str(result.path), result.score, result.mos, *result.attributes, *result.others, self.identity)
        return dict(zip(self.header, map(str, values), strict=True))

    def append(self, row: dict[str, str]) -> None:
        """Add one line to the file at once."""
        if self.path is None:
            return
        first = not self.path.exists()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write((as_csv(self.header, []) if first else "") + as_csv(None, [tuple(row.values())]))

    def read(self) -> dict[str, dict[str, str]]:
        """Return the rows that are there, by image; a line cut off by a crash is dropped from the file.

        Raises: InputError if the table is not ours or holds scores of another scorer or number of crops.
        """
        if self.path is None or not self.path.exists():
            return {}
        whole, _, cut = self.path.read_text(encoding="utf-8").rpartition("\n")
        lines = list(csv.reader(io.StringIO(whole, newline="")))
        if not lines or tuple(lines[0]) != self.header:
            raise InputError(f"{self.path}: its columns are not {','.join(self.header)}; name another --csv")
        rows = {}
        for number, line in enumerate(lines[1:], start=2):
            row = dict(zip(self.header, map(plain_cell, line), strict=False))
            if row.get("scorer") != self.identity:
                raise InputError(
                    f"{self.path}:{number}: is not of this scorer and its crops ({self.identity}); name another --csv"
                )
            rows[row["image"]] = row
        if cut:
            write_text(self.path, whole + "\n")
        return rows

    def text(self, rows: list[dict[str, str]]) -> str:
        """Return the whole table as CSV."""
        return as_csv(self.header, [tuple(row.values()) for row in rows])


def as_csv(header: tuple[str, ...] | None, rows: list[tuple]) -> str:
    """Return rows as CSV text (RFC 4180 quoting, LF line ends); without a header, the rows alone."""
    return csv_text(rows if header is None else [header, *rows])
