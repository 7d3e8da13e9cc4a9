"""What photos that are to be examined have in common: a cast of their own, which blames a scorer that sees it.

A gate takes every photo for better than its versions. Scans of one film, or one camera's pictures, may all be yellow; their
versions in blue are then the better pictures, and whoever likes them is right.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.stats import t

from attiqa_core.evaluation.intervals import CONFIDENCE
from attiqa_core.judges.colour_statistics import COLOUR_STATISTICS, colour_statistics
from attiqa_core.tensors import Images

WORTH_TELLING = 0.1
"""Of the photos' mean chroma: a mean white nearer to neutral than this is no cast that one would see."""

WAYS = (("magenta", "green"), ("yellow", "blue"))
"""What a photo is whose a*, and whose b*, of neutrals is above and below 0."""


@dataclass(frozen=True)
class SharedCast:
    """Mean a* and b* of nearly neutral pixels over the photos, each over its photo's mean chroma, and 95 % half widths.

    Half widths are None for a single photo, which shares nothing.
    """

    a: float
    b: float
    a_half_width: float | None
    b_half_width: float | None

    @property
    def words(self) -> str | None:
        """What the photos are together, such as "green and yellow"; None where that is not proved or not worth telling."""
        found = [
            above if mean > 0 else below
            for mean, half, (above, below) in zip(
                (self.a, self.b), (self.a_half_width, self.b_half_width), WAYS, strict=True
            )
            if half is not None and abs(mean) > max(half, WORTH_TELLING)
        ]
        return " and ".join(found) or None


def white_of(photo: Images) -> tuple[float, float]:
    """Return a* and b* of what is nearly neutral in one photo (1, 3, height, width), over its mean chroma."""
    (row,) = colour_statistics(photo).tolist()
    return row[COLOUR_STATISTICS.index("a* of neutrals")], row[COLOUR_STATISTICS.index("b* of neutrals")]


def shared_cast(whites: Float[np.ndarray, "photos 2"]) -> SharedCast:
    """Return what the whites of photos have in common; intervals are Student's over photos."""
    a, b = whites.mean(0).tolist()
    if len(whites) < 2:
        return SharedCast(a, b, None, None)
    spread = whites.std(0, ddof=1) / np.sqrt(len(whites))
    half_a, half_b = (t.ppf((1 + CONFIDENCE) / 2, len(whites) - 1) * spread).tolist()
    return SharedCast(a, b, half_a, half_b)
