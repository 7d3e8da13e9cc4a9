"""More than two arms: their scale and matrix as content of analysis.json, where choix and statsmodels are there. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from experiments.study.folder import Study
from experiments.study.intervals.measured import NotMeasured
from experiments.study.scale.bradley_terry import Scale, scale_of
from experiments.study.scale.matrix import Cell, win_matrix
from experiments.study.scale.sentences import gap_of, sentences, table
from experiments.study.vote import Vote


class ManyArms(NamedTuple):
    """All arms on one scale, or the reason why there is none, and how often each won over each."""

    scale: Scale | str
    cells: tuple[Cell, ...]

    @property
    def content(self) -> dict[str, Any]:
        """What analysis.json holds of it; `sentences` is empty where there is no scale."""
        matrix = msgspec.to_builtins(self.cells)
        if isinstance(self.scale, str):
            return {"not_measured": self.scale, "scale": None, "matrix": matrix, "sentences": []}
        said = sentences(self.scale, gap_of(self.scale, self.cells))
        return {"not_measured": None, "scale": msgspec.to_builtins(self.scale), "matrix": matrix, "sentences": said}

    @property
    def lines(self) -> str:
        """What is printed of it."""
        return f"scale  not measured: {self.scale}" if isinstance(self.scale, str) else table(self.scale, self.cells)


def many_arms(votes: Sequence[Vote], study: Study, seed: int) -> ManyArms | None:
    """Return the scale of a study's arms from the votes that count; None for two arms, or without votes."""
    if len(study.arms) < 3 or not votes:
        return None
    cells = win_matrix(votes, study.arms, seed)
    try:
        return ManyArms(scale_of(votes, study.arms), cells)
    except NotMeasured as reason:
        return ManyArms(str(reason), cells)
