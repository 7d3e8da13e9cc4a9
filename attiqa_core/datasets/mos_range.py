"""The declared range of human scores, and the map between it and [0, 1]."""

from dataclasses import dataclass
from typing import TypeVar

from attiqa_core.files.described import Finite

Numbers = TypeVar("Numbers")
"""A float, a NumPy array or a tensor: whatever can be shifted and scaled."""


@dataclass(frozen=True)
class MosRange:
    """The declared range of the human scores; low maps to 0 and high to 1."""

    low: Finite = 0.0
    high: Finite = 100.0

    def normalise(self, mos: Numbers) -> Numbers:
        """Return MOS in the declared range as [0, 1]."""
        return (mos - self.low) / (self.high - self.low)  # type: ignore[operator]

    def restore(self, scores: Numbers) -> Numbers:
        """Return [0, 1] scores on the data set's own scale."""
        return self.low + scores * (self.high - self.low)  # type: ignore[operator]
