"""A vote and a rater, wherever they come from: a file handed in, the server's store, another program's table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from experiments.study.trials import CHOICES, Trial, is_right

Status = Literal["invited", "started", "complete", "screened-out", "failed-checks", "withdrawn"]


@dataclass(frozen=True)
class Vote:
    """One answer. `position` counts the rater's trials from 1, training among them; times are in s from the pair's appearance."""

    rater: str
    trial: Trial
    choice: str
    seconds: float
    position: int = 0
    zoomed: bool = False
    revised: bool = False
    away_s: float = 0.0
    """Time in which the page was hidden or had lost the focus."""

    @property
    def left_score(self) -> float:
        """How far the vote is one for the left picture: 1, 0.75, 0.5, 0.25 or 0."""
        return CHOICES[self.choice]

    def score_of(self, arm: str) -> float:
        """How far the vote is one for `arm`, which is one of its two."""
        return self.left_score if arm == self.trial.left else 1.0 - self.left_score

    @property
    def is_right(self) -> bool | None:
        """Whether the answer is the one expected; None where none is."""
        return None if self.trial.expected is None else is_right(self.choice, self.trial.expected)


@dataclass(frozen=True)
class Rater:
    """Who voted, by an opaque name, and what is known of them: no address, no free text."""

    rater: str
    status: Status
    language: str = "en"
    consent: str | None = None
    """Version of the consent that was given."""
    started: str | None = None
    finished: str | None = None
    device: Mapping[str, Any] = field(default_factory=dict)
    """What the page measured: `screen_width`, `window_width`, `pixel_ratio`, `full_screen`, `touch`, `px_per_mm`, ..."""
