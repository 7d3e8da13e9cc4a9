"""What a command hands back to the shell."""

import sys
from dataclasses import dataclass
from pathlib import Path

from attiqa_core.errors import one_line


@dataclass(frozen=True)
class Outcome:
    """The result of one command.

    `path` is the last line on stdout, None where nothing was written; `done` says with counts what was done, as "12 raws
    rendered", and ends what is said on stderr; `failures` are reported one by one before it and exit with 4.
    """

    path: Path | None
    done: str
    failures: tuple[str, ...] = ()
    failed: str = "skipped"
    """What happened to each of the failures."""

    @property
    def sentence(self) -> str:
        """What was done and how much was not, with counts."""
        return f"{self.done}, {len(self.failures)} {self.failed}" if self.failures else self.done

    @property
    def told_failures(self) -> list[str]:
        """A sentence for each of the failures."""
        return [f"{self.failed}: {one_line(failure)}" for failure in self.failures]


def say(sentence: str) -> None:
    """Tell the user something on stderr, as every sentence of a command is told."""
    print(f"attiqa: {sentence}", file=sys.stderr)


def count(number: int, thing: str) -> str:
    """Return how many there are of a thing: "1 raw", "2 raws"."""
    return f"{number:,} {thing}" + ("" if number == 1 else "s")
