"""Numbers by name on the command line: NAME=NUMBER, as often as wanted."""

import math
from collections.abc import Sequence

from attiqa_core.errors import UsageError


def named_numbers(flag: str, words: Sequence[str], example: str) -> dict[str, float]:
    """Return the numbers by their names. Raises: UsageError for what is no NAME=NUMBER, no finite number, or a name given twice."""
    found: dict[str, float] = {}
    for word in words:
        name, _, number = word.partition("=")
        try:
            value = float(number)
        except ValueError:
            value = math.nan
        if not name or not math.isfinite(value):
            raise UsageError(f"{flag} {word}: give NAME=NUMBER, such as {example}")
        if name in found:
            raise UsageError(f"{flag} {word}: {name} is given twice; give it once")
        found[name] = value
    return found
