"""On which terms a study is served."""

from dataclasses import dataclass, field
from pathlib import Path

from experiments.study.folder import Study
from experiments.study.server.raters import Places


@dataclass(frozen=True)
class Terms:
    """What does not change while a study is served."""

    study: Study
    folder: Path
    places: Places = field(default_factory=Places)
    lease_s: float = 3600.0
    """After so long without a sign of life a rater's unanswered pairs go to others."""
    check_midway: bool = False
    """Whether a rater who cannot pass the checks any more is told at once and not at the end."""
