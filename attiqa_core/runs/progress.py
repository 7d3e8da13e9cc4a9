"""How far a command is: a bar, or a line now and then."""

import sys
from collections.abc import Iterable
from time import monotonic
from typing import Any, TextIO

from tqdm import tqdm

LINE_EVERY_S = 30.0
"""How often progress becomes a line where it cannot be a bar."""


class _Bar(tqdm):
    """A bar by the clock that only goes forward: tqdm's own, the time of day, may jump, and then no line would come for years."""

    _time = property(lambda self: monotonic, lambda self, clock: None)


class _Lines:
    """A stream that takes a bar's pictures of itself, one line each."""

    def __init__(self, stream: TextIO):
        self.stream = stream

    def write(self, text: str) -> None:
        if line := " ".join(text.split()):
            self.stream.write(line + "\n")

    def flush(self) -> None:
        self.stream.flush()


def progress(
    items: Iterable[Any] | None = None,
    total: int | None = None,
    *,
    label: str,
    unit: str,
    done: int = 0,
    hidden: bool = False,
    scaled: bool = False,
) -> Any:
    """Return a tqdm bar on stderr; where that is no terminal, it is a line at the start, each half minute and at the end.

    `unit` is one of them, such as "photo"; `done` were done before; `scaled`: numbers as 12.3M.
    """
    about: dict[str, Any] = {"total": total, "initial": done, "desc": label, "unit": unit, "unit_scale": scaled}
    if hidden or total == 0 or sys.stderr.isatty():
        return _Bar(items, disable=hidden or total == 0, **about)
    line = "{desc}: {n_fmt} of {total_fmt} {unit}s after {elapsed}, {rate_fmt}, {remaining} left{postfix}"
    return _Bar(items, file=_Lines(sys.stderr), mininterval=LINE_EVERY_S, miniters=1, bar_format=line, **about)
