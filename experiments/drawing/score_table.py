"""The CSV of scores, which are about [0, 1] and not clipped: one line as soon as an image is done, so that a long run can go on after a crash."""

import csv
import hashlib
import io
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.tables import csv_text, plain_cell
from attiqa_core.files.whole import write_text
from attiqa_core.judges.judge import Judge
from attiqa_core.judges.score_files import ScoredFile
from attiqa_core.remote.address import as_written


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
        values = (as_written(result.path), result.score, result.mos, *result.attributes, *result.others, self.identity)
        return dict(zip(self.header, map(str, values), strict=True))

    def append(self, row: dict[str, str]) -> None:
        """Add one line to the file at once."""
        if self.path is None:
            return
        first, line = not self.path.exists(), as_csv(None, [tuple(row.values())])
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with sums_of(self.path).open("w" if first else "a", encoding="ascii") as sums:
            sums.write(_sum(line) + "\n")  # before the line itself: no line is without its sum after a kill
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write((as_csv(self.header, []) if first else "") + line)

    def read(self, notice: Callable[[str], object] = warnings.warn) -> dict[str, dict[str, str]]:
        """Return the rows that are there, by image; a line cut off by a crash is dropped from the file.

        `notice` is told what cannot be proven, or is gone.
        Raises: InputError if the table is not ours, was changed, or holds scores of another scorer or number of crops.
        """
        if self.path is None or not self.path.exists():
            return {}
        whole, _, cut = self.path.read_text(encoding="utf-8").rpartition("\n")
        lines = list(rows_of(whole + "\n"))
        if not lines or tuple(lines[0][0]) != self.header:
            raise InputError(f"{self.path}: its columns are not {','.join(self.header)}; name another --csv")
        rows = {}
        for number, (cells, _) in enumerate(lines[1:], start=2):
            row = dict(zip(self.header, cells, strict=False))
            if row.get("scorer") != self.identity:
                raise InputError(
                    f"{self.path}:{number}: is not of this scorer and its crops ({self.identity}); name another --csv"
                )
            rows[row["image"]] = row
        self._prove([line for _, line in lines[1:]], notice)
        if cut:
            write_text(self.path, whole + "\n")
        return rows

    def _prove(self, lines: list[str], notice: Callable[[str], object]) -> None:
        """Raises: InputError for the first line that is not as it was written."""
        assert self.path is not None
        path = sums_of(self.path)
        if not path.is_file():
            notice(f"{self.path}: has no {path.name} beside it, of an older version or moved; its lines are not proven")
            return
        written, there = set(path.read_text(encoding="ascii", errors="replace").split()), set(map(_sum, lines))
        if not there <= written:
            number = next(number for number, line in enumerate(lines, start=2) if _sum(line) not in written)
            raise InputError(
                f"{self.path}:{number}: was changed after it was written; remove that line, and its picture is scored again"
            )
        if (gone := len(written - there)) > 1:  # one may be of a process killed before its line was there
            notice(f"{self.path}: {gone:,} lines are gone since they were written; their pictures are scored again")

    def text(self, rows: list[dict[str, str]]) -> str:
        """Return the whole table as CSV."""
        return as_csv(self.header, [tuple(row.values()) for row in rows])


def as_csv(header: tuple[str, ...] | None, rows: list[tuple]) -> str:
    """Return rows as CSV text (RFC 4180 quoting, LF line ends); without a header, the rows alone."""
    return csv_text(rows if header is None else [header, *rows])


def rows_of(text: str) -> Iterator[tuple[list[str], str]]:
    """Yield the rows of a table that `as_csv` wrote, as plain cells and as the text that they are in it."""
    taken: list[str] = []

    def lines() -> Iterator[str]:
        for line in io.StringIO(text, newline=""):
            taken.append(line)
            yield line

    for cells in csv.reader(lines()):
        yield list(map(plain_cell, cells)), "".join(taken)
        taken.clear()


def worse(score: str) -> float:
    """Return the key that sorts rows by their score, best first, what is no number last."""
    return math.inf if math.isnan(value := float(score)) else -value


def sums_of(table: Path) -> Path:
    """Return the file beside a table that has the hash of each of its lines, in any order."""
    return table.with_name(f".{table.name}.sums")


def _sum(line: str) -> str:
    return hashlib.blake2b(line.encode(), digest_size=8).hexdigest()
