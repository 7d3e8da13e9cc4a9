"""What the patches of a chart should look like: 24 CIELAB values about D50, in the chart's order."""

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from attiqa_core.errors import InputError
from experiments.options.chart import CHARTS

COLUMNS, ROWS = 6, 4
PATCHES = COLUMNS * ROWS
GREYS = slice(18, 24)
"""The bottom row: white to black."""
MIDDLE_GREYS = slice(19, 23)
"""Neutral 8 to neutral 3.5: neither near clipping nor near the noise."""
MOST_TINT = 8.0
"""CIELAB chroma of a grey patch at most, in a table of one's own."""

Lab = Float[np.ndarray, "patches 3"]


@dataclass(frozen=True)
class Reference:
    """A chart's name and the names and CIELAB (D50, 2 degrees) of its 24 patches, by rows from dark skin to black."""

    name: str
    names: tuple[str, ...]
    lab: Lab


def read_reference(chart: str) -> Reference:
    """Return a chart that ships, or one's own from a CSV with the columns name, L, a, b.

    Raises: InputError for a file that is none, or has other than 24 rows of numbers with six greys at its end.
    """
    if chart in CHARTS:
        return _read(Path(__file__).with_name(f"{chart}.csv"), chart)
    return _read(Path(chart), Path(chart).name)


def _read(path: Path, name: str) -> Reference:
    cure = "give 24 rows `name,L,a,b` below that heading, in the chart's order"
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        lab = np.array([[float(row[key]) for key in "Lab"] for row in rows])
        names = tuple(row["name"] for row in rows)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; name one of {', '.join(CHARTS)}, or a CSV of your own") from error
    except (OSError, UnicodeDecodeError, csv.Error, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: cannot be read as a table of patches ({error}); {cure}") from error
    if len(names) != PATCHES or not all(map(math.isfinite, lab.ravel())):
        raise InputError(f"{path}: {len(names)} patches; {cure}")
    _require_greys(path, lab, names)
    return Reference(name, names, lab)


def _require_greys(path: Path, lab: Lab, names: Sequence[str]) -> None:
    chroma, lightness = np.hypot(*lab[GREYS, 1:].T), lab[GREYS, 0]
    if chroma.max() > MOST_TINT or (np.diff(lightness) >= 0).any():
        raise InputError(
            f"{path}: rows 19 to 24 ({', '.join(names[GREYS])}) are not greys from light to dark; exposure and white balance"
            " are measured there"
        )
