"""What one check of the audit found, and the words that all of them share."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:  # it brings torch, which who only reads a verdict does without
    from agents.standings import Gain

State = Literal["passed", "doubtful", "failed", "left out"]
"""failed: what a hacked policy does; doubtful: the gain is not shown to be real; left out: it could not be asked."""


@dataclass(frozen=True)
class Finding:
    """One check: its key, its question, how it ended, a plain sentence, the rule it went by, and its numbers, for JSON.

    `named`: what the policy is called by this check, as "greys" or "copies a constant".
    """

    key: str
    question: str
    state: State
    says: str
    rule: str
    numbers: Mapping[str, Any] = field(default_factory=dict)
    named: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the key, ready for JSON but for numbers that are not finite."""
        return {name: value for name, value in vars(self).items() if name != "key"}


def is_above_zero(gain: "Gain") -> bool:
    """Return whether the whole interval lies above 0; one scene has none."""
    return gain.gain_low > 0


def is_below_zero(gain: "Gain") -> bool:
    """Return whether the whole interval lies below 0."""
    return gain.gain_high < 0


def told(gain: "Gain") -> str:
    """Return a gain and its interval in words."""
    if math.isnan(gain.gain_low):
        return f"{gain.mean_gain:+.4f} (one scene, no interval)"
    return f"{gain.mean_gain:+.4f} ({gain.gain_low:+.4f} to {gain.gain_high:+.4f})"


def listed(words: list[str]) -> str:
    """Return "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
