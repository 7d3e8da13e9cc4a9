"""What an evaluation leaves on disk as it goes: one row per result in splits.jsonl, and every prediction behind it."""

import csv
import io
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from attiqa_core.errors import UsageError
from attiqa_core.evaluation.intervals import Judged
from attiqa_core.files import write_text
from attiqa_core.runs import to_toml

Row = dict[str, Any]


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
        path = self.folder / "splits.jsonl"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]

    def add(self, new: list[Row]) -> None:
        """Store rows, replacing older ones about the same thing."""
        told = {(*cell_of(row), row["split"]) for row in new}
        kept = [row for row in self.rows if (*cell_of(row), row["split"]) not in told]
        text = "".join(json.dumps(row, allow_nan=False) + "\n" for row in [*kept, *new])
        write_text(self.folder / "splits.jsonl", text)

    def predictions_path(self, cell: Cell, split: int) -> Path:
        share = "" if cell.train_share == 1 else f"-train{cell.train_share:g}"
        place = cell.tested_on.replace(":", "_").replace("/", "_")
        return self.folder / "predictions" / f"{cell.arm}-{cell.protocol}{share}-on-{place}-split{split:02d}.csv"

    def save_predictions(self, cell: Cell, split: int, images: list[str], mos: Tensor, predicted: Tensor) -> None:
        """Write image,mos,predicted on the tested set's own scale."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("image", "mos", "predicted"))
        writer.writerows(zip(images, mos.tolist(), predicted.tolist(), strict=True))
        write_text(self.predictions_path(cell, split), text.getvalue())

    def predictions(self, cell: Cell, split: int) -> Judged:
        """Return what `save_predictions` wrote."""
        with self.predictions_path(cell, split).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        mos, predicted = (np.array([float(row[name]) for row in rows]) for name in ("mos", "predicted"))
        return Judged([row["image"] for row in rows], mos, predicted)


MAY_CHANGE = frozenset(
    [
        "out",
        "resume",
        "device",
        "compile",
        "arm",
        "protocols",
        "splits",
        "train_share",
        "test_on",
        "votes",
        "votes_images",
        "features",
    ]
)
"""Options that a resumed evaluation may add to; all others decide what the finished rows mean."""


def check_same_options(folder: Path, config: Any) -> None:
    """Raises: UsageError if the run in `folder` was started with other options that matter, naming the first."""
    before = tomllib.loads((folder / "config.toml").read_text(encoding="utf-8"))
    now = tomllib.loads(to_toml(config))
    for name in sorted((before.keys() | now.keys()) - MAY_CHANGE):
        if before.get(name) != now.get(name):
            raise UsageError(
                f"{folder}: was evaluated with {name} = {before.get(name)}, not {now.get(name)}; "
                "give the same options with --resume, or another --out"
            )


def check_same_arms(rows: list[Row], sources: dict[str, str]) -> None:
    """Raises: UsageError if an arm's name stood for another start in finished rows."""
    for row in rows:
        if row["source"] != sources.get(row["arm"], row["source"]):
            raise UsageError(
                f"--arm {row['arm']}={sources[row['arm']]}: the finished splits of {row['arm']} are of "
                f"{row['source']}; give the new arm another name"
            )
