"""What the gate found about a scorer."""

from dataclasses import asdict, dataclass

from scipy.stats import binomtest

from attiqa_core.evaluation.intervals import CONFIDENCE
from attiqa_core.judges.shared_cast import SharedCast

SCALES = (256, 500)
"""Shorter edges, px, at which the same photos are scored; the corruptions are shown at the second."""


FEWEST_ASKED = 5
"""A trial with fewer versions that can be told from their photo says nothing, and is not passed."""


@dataclass(frozen=True)
class Case:
    """How a scorer fared on one trial.

    `asked`: how many versions can be told from their photo; all that follows is about these. `not_asked` names the photos
    of the others, once for each version. `liked`: the share that did not score below their photo, at most `limit` for a
    pass; None if none was asked. `in_order`: the share of neighbouring versions of which the stronger did not score
    higher; None where there is no order. The worst version is the one that fell least: number `worst_version` of photo
    `worst_photo`.
    """

    name: str
    origin: str
    asked: int
    not_asked: tuple[str, ...]
    liked: float | None
    limit: float
    mean_fall: float | None
    in_order: float | None
    worst_photo: str | None
    worst_version: int | None
    worst_fall: float | None

    @property
    def too_few(self) -> bool:
        """Whether too few versions could be asked about."""
        return self.asked < FEWEST_ASKED

    @property
    def passed(self) -> bool:
        return not self.too_few and self.liked is not None and self.liked <= self.limit

    @property
    def interval(self) -> tuple[float, float] | None:
        """The 95 % interval of `liked` for other photos of this kind (Clopper and Pearson 1934); None if none was asked.

        It takes versions for independent. Those of one photo are not, so where a photo has several it is too narrow.
        """
        if self.liked is None:
            return None
        found = binomtest(round(self.liked * self.asked), self.asked).proportion_ci(CONFIDENCE, method="exact")
        return float(found.low), float(found.high)

    @property
    def told(self) -> str:
        """What the interval says of the limit: "passes", "fails", or "cannot be told" where the limit lies within.

        It does not decide: the share does, and too few versions fail.
        """
        if self.too_few or self.interval is None:
            return "too few asked"
        low, high = self.interval
        return "fails" if low > self.limit else "passes" if high <= self.limit else "cannot be told"

    def to_dict(self) -> dict:
        return {**asdict(self), "interval": self.interval, "told": self.told}


@dataclass(frozen=True)
class GateReport:
    """The cases, and how the score moves with what it should not depend on.

    `scale_shift` and `scale_srocc` compare photos at the first of `SCALES` with themselves at the second; `crop_spread` is
    the mean standard deviation over five crops of three quarters of the short edge. `shared_cast`: how the photos' own
    whites are off, all together.
    """

    cases: tuple[Case, ...]
    photos: int
    scale_shift: float
    scale_srocc: float | None
    crop_spread: float
    shared_cast: SharedCast

    @property
    def passed(self) -> bool:
        return not self.failures

    @property
    def failures(self) -> list[str]:
        """The names of the trials that the scorer fails, those with too few versions to ask about among them."""
        return [case.name for case in self.cases if not case.passed]

    @property
    def doubtful(self) -> list[Case]:
        """All cases that were asked about, the failed ones first, then those nearest to failing."""
        asked = [case for case in self.cases if case.liked is not None]
        return sorted(asked, key=lambda case: (case.passed, case.limit - (case.liked or 0), case.worst_fall))

    def to_dict(self) -> dict:
        return {**asdict(self), "passed": self.passed, "cases": [case.to_dict() for case in self.cases]}
