"""What was found of each photo, kept line by line as a run goes, so that one that was killed goes on where it was."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from attiqa_core.files.lines import append_line, keep_lines
from experiments.fivek.cases import Photos, Row
from experiments.fivek.metrics import Figures, other_rounding

KEPT = "photos.jsonl"

Laid = tuple[int, tuple[float, float], float]
"""Where renders lie over an expert's picture: quarter turns, shift in px (down, right), and how well detail agrees."""


@dataclass(frozen=True)
class Found:
    """All figures of one photo: by row (of its protocol's rounding, of the other), by judge and row, and of the expert's picture.

    `clipped`: the share of the expert's picture that sRGB could not hold; `too_small`: whether the picture of the last row is smaller than the
    protocol has it.
    """

    figures: Mapping[str, tuple[Figures, Figures]]
    judged: Mapping[str, Mapping[str, float]]
    expert_judged: Mapping[str, float]
    clipped: float
    too_small: bool
    laid: Laid | None


@dataclass(frozen=True)
class Kept:
    """Photos that are done: what was found by number, and the hash of what it was found from."""

    path: Path
    rows: Sequence[Row]
    photos: Photos
    lines: dict[int, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, rows: Sequence[Row], photos: Photos) -> "Kept":
        """Return what the file holds, nothing without one; a last line that was cut off is taken out of it."""
        lines = keep_lines(path, lambda row: True, "take that line out of it, and go on with --resume")
        return cls(path, rows, photos, {line["photo"]: line for line in lines})

    def without(self, numbers: Iterable[int]) -> "Kept":
        """Return the same without some photos, which are not done after all."""
        gone = set(numbers)
        left = {number: line for number, line in self.lines.items() if number not in gone}
        return Kept(self.path, self.rows, self.photos, left)

    def of(self, number: int) -> Found | None:
        """Return what was found of a photo before, None if it was not done, or from other files or for other rows."""
        line = self.lines.get(number)
        if line is None or line["of"] != self._identity(number):
            return None
        figures = {
            row.name: (Figures(row.protocol, *own), Figures(other_rounding(row.protocol), *other))
            for row in self.rows
            for own, other in [line["figures"][row.name]]
        }
        laid = line["laid"] and (line["laid"][0], tuple(line["laid"][1]), line["laid"][2])
        return Found(figures, line["judged"], line["expert_judged"], line["clipped"], line["too_small"], laid)

    def add(self, number: int, found: Found) -> None:
        """Append a photo to the file; JSON keeps every bit of a float."""
        line = {
            "photo": number,
            "of": self._identity(number),
            "figures": {name: [[*each.numbers().values()] for each in pair] for name, pair in found.figures.items()},
            "judged": found.judged,
            "expert_judged": found.expert_judged,
            "clipped": found.clipped,
            "too_small": found.too_small,
            "laid": found.laid,
        }
        append_line(self.path, line)

    def _identity(self, number: int) -> str:
        """A hash of the rows and of the photo's files: their names and sizes."""
        files = [self.photos.targets[number], *(row.files[number] for row in self.rows if row.files is not None)]
        files += [self.photos.raws[number]] if any(row.is_of_raws for row in self.rows) else []
        words = [f"{row.name} {row.protocol.sha256}" for row in self.rows]
        words += [f"{path.name} {path.stat().st_size if path.exists() else None}" for path in files]
        return sha256("\n".join(words).encode()).hexdigest()
