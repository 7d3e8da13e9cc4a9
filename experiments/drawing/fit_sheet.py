"""The sheet of a fit: the camera default, what the parameters and what is on top of them make of it, the reference, and the error."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from attiqa_core.evaluation.colour_difference import delta_e_2000
from experiments.drawing.sheets import comparison_sheet
from isp_env.fitting.matching import Picture

LARGEST_ERROR = 10.0  # Delta E 2000 that is white in the map
FIRST = 24


@dataclass(frozen=True)
class FitRow:
    """One raw's pictures, and mean Delta E 2000 of each but the reference."""

    name: str
    pictures: tuple[Picture, ...]
    reference: Picture
    delta_e: tuple[float, ...]


def write_fit_sheet(path: Path, rows: Sequence[FitRow], stages: Sequence[str]) -> Path:
    """Write the first rows: the picture after each of the stages, the reference, and the last picture's error in grey."""
    shown = rows[:FIRST]
    titles = [*stages, "reference", f"error, white: Delta E {LARGEST_ERROR:g}"]
    return comparison_sheet(
        path,
        [[*row.pictures, row.reference, _error(row)] for row in shown],
        column_titles=titles,
        row_titles=[row.name for row in shown],
        captions=[[*(f"Delta E {value:.2f}" for value in row.delta_e), "", ""] for row in shown],
        cell_px=320,
    )


def _error(row: FitRow) -> Picture:
    grey = torch.from_numpy(delta_e_2000(row.pictures[-1][None], row.reference[None])).float() / LARGEST_ERROR
    return grey.clamp(0, 1).expand(3, -1, -1)
