"""One thing that is known about this machine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Fact:
    """A line of the doctor: `text` says what there is; `broken`, if anything, is one sentence with the cure."""

    topic: str
    text: str
    broken: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    """The same as numbers and words, for --json."""


@dataclass(frozen=True)
class Places:
    """Where the commands would write: results below `out`, unless --out says otherwise."""

    out: Path


Part = Callable[[Places], list[Fact]]


def gib(number: float) -> str:
    """Return bytes in GiB, as "23.4 GiB"."""
    return f"{number / 2**30:.1f} GiB"
