"""What a command hands back to the shell."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Outcome:
    """The result of one command: `path` becomes the last line on stdout; `failures` are reported and exit with 4."""

    path: Path | str
    failures: tuple[str, ...] = ()
