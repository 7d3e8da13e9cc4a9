"""What an evaluation leaves on disk as it goes: one row per result in splits.jsonl, and every prediction behind it."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.evaluation.intervals import Judged
from attiqa_core.files.damaged import refusing
from attiqa_core.files.lines import read_lines, text_of
from attiqa_core.files.tables import csv_text, plain_cell
from attiqa_core.files.whole import sha256, write_text

Row = dict[str, Any]
ROWS = "splits.jsonl"
CURE = "take that line out of it, and go on with --resume"


class Job(NamedTuple):
    """What one training is for; `tested_on` is asked of its predictor afterwards."""

    arm: str
    protocol: str
    train_share: float
    split: int


class Cell(NamedTuple):
    """What is summarised over splits."""

    arm: str
    protocol: str
    train_share: float
    tested_on: str


def cell_of(row: Row) -> Cell:
    return Cell(row["arm"], row["protocol"], row["train_share"], row["tested_on"])


@dataclass(frozen=True)
class Records:
    """The rows and predictions of one run folder. A row is stored after its predictions, so it vouches for them."""

    folder: Path

    @property
    def rows(self) -> list[Row]:
        """All finished results; a line that a crash cut off is left out."""
        return read_lines(self.folder / ROWS, CURE)

    def add(self, new: list[Row]) -> None:
        """Store rows, replacing older ones about the same thing."""
        told = {(*cell_of(row), row["split"]) for row in new}
        kept = [row for row in self.rows if (*cell_of(row), row["split"]) not in told]
        write_text(self.folder / ROWS, text_of([*kept, *map(self._vouched, new)]))

    def _vouched(self, row: Row) -> Row:
        path = self.predictions_path(cell_of(row), row["split"])
        return {**row, "predictions_sha256": sha256(path)} if path.is_file() else row

    def predictions_path(self, cell: Cell, split: int) -> Path:
        share = "" if cell.train_share == 1 else f"-train{cell.train_share:g}"
        place = cell.tested_on.replace(":", "_").replace("/", "_")
        return self.folder / "predictions" / f"{cell.arm}-{cell.protocol}{share}-on-{place}-split{split:02d}.csv"

    def save_predictions(self, cell: Cell, split: int, images: list[str], mos: Tensor, predicted: Tensor) -> None:
        """Write image,mos,predicted on the tested set's own scale."""
        rows = zip(images, mos.tolist(), predicted.tolist(), strict=True)
        write_text(self.predictions_path(cell, split), csv_text([("image", "mos", "predicted"), *rows]))

    def predictions(self, cell: Cell, split: int) -> Judged:
        """Return what `save_predictions` wrote. Raises: InputError if its row does not vouch for the file."""
        path = self.predictions_path(cell, split)
        told = next((row for row in self.rows if cell_of(row) == cell and row["split"] == split), {})
        if "predictions_sha256" in told and sha256(path) != told["predictions_sha256"]:
            raise InputError(
                f"{path}: is not as it was written; remove it and its row in {ROWS}, and go on with --resume"
            )
        cure = f"remove it and its row in {ROWS}, and go on with --resume"
        with refusing(path, cure), path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
            mos, predicted = (np.array([float(row[name]) for row in rows]) for name in ("mos", "predicted"))
            return Judged([plain_cell(row["image"]) for row in rows], mos, predicted)
