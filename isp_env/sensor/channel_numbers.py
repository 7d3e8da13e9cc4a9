"""Numbers for each colour of a sensor: levels and gains; readable without torch."""

import math
from collections.abc import Sequence

from attiqa_core.errors import InputError

Levels = tuple[float, float, float, float]
"""Of R, G in red rows, G in blue rows, B, in DN."""
Gains = tuple[float, float, float]
"""Of R, G, B."""


def checked_gains(label: str, gains: Sequence[float]) -> Gains:
    """Return white-balance gains scaled to G = 1.

    Raises: InputError unless there are three positive finite numbers.
    """
    if len(gains) != 3 or not all(math.isfinite(gain) and gain > 0 for gain in gains):
        raise InputError(f"{label}: white-balance gains {tuple(gains)} are not three positive numbers")
    return gains[0] / gains[1], 1.0, gains[2] / gains[1]
