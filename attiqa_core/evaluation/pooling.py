"""Many scores as one: a video is remembered by its worst moments."""

import math
from collections.abc import Sequence

WORST = 0.05


def worst_mean(scores: Sequence[float], share: float = WORST) -> float:
    """Return the mean of the lowest `share` of the scores, rounded up to whole ones, at least one.

    Source: percentile pooling, Moorthy and Bovik 2009, "Visual Importance Pooling for Image Quality Assessment".
    """
    lowest = sorted(scores)[: max(1, math.ceil(share * len(scores) - 1e-9))]  # 0.05 * 20 is 1, not a little above it
    return math.fsum(lowest) / len(lowest)
