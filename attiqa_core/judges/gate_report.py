"""What the gate found about a scorer."""

from dataclasses import asdict, dataclass

SCALES = (256, 500)
"""Shorter edges, px, at which the same photos are scored; the corruptions are shown at the second."""


@dataclass(frozen=True)
class Case:
    """How a scorer fared on one trial.

    `liked`: the share of versions that did not score below their photo, at most `limit` for a pass. `in_order`: the share
    of neighbouring versions of which the stronger did not score higher; None where there is no order. The worst version is
    the one that fell least: number `worst_version` of photo `worst_photo`.
    """

    name: str
    origin: str
    liked: float
    limit: float
    mean_fall: float
    in_order: float | None
    worst_photo: str
    worst_version: int
    worst_fall: float

    @property
    def passed(self) -> bool:
        return self.liked <= self.limit


@dataclass(frozen=True)
class GateReport:
    """The cases, and how the score moves with what it should not depend on.

    `scale_shift` and `scale_srocc` compare photos at the first of `SCALES` with themselves at the second; `crop_spread` is
    the mean standard deviation over five crops of three quarters of the short edge.
    """

    cases: tuple[Case, ...]
    photos: int
    scale_shift: float
    scale_srocc: float | None
    crop_spread: float

    @property
    def passed(self) -> bool:
        return not self.failures

    @property
    def failures(self) -> list[str]:
        """The names of the trials that the scorer fails."""
        return [case.name for case in self.cases if not case.passed]

    @property
    def doubtful(self) -> list[Case]:
        """All cases, the failed ones first, then those nearest to failing."""
        return sorted(self.cases, key=lambda case: (case.passed, case.limit - case.liked, case.worst_fall))

    def to_dict(self) -> dict:
        return {**asdict(self), "passed": self.passed, "cases": [asdict(case) for case in self.cases]}
