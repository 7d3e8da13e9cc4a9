"""Standard error that outlives its reader: a run of ten hours does not end because nobody listens any more."""

import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

GONE = (errno.EPIPE, errno.EIO, errno.ENXIO)
"""What writing to a closed pipe, or to a terminal that was closed, gives."""


class Lasting:
    """A stream whose words are lost, and nothing else, where they cannot be written."""

    def __init__(self, stream: TextIO):
        self.stream = stream

    def write(self, text: str) -> int:
        self._try(self.stream.write, text)
        return len(text)

    def flush(self) -> None:
        self._try(self.stream.flush)

    def _try(self, do: Any, *words: str) -> None:
        try:
            do(*words)
        except OSError as error:
            if error.errno in GONE:
                lead_nowhere(self.stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def lead_nowhere(stream: TextIO) -> None:
    """Have what is still to be written to a stream go nowhere, so that its flush at the end of the process does not fail."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


@contextlib.contextmanager
def lasting_stderr() -> Iterator[None]:
    """A context in which `sys.stderr` outlives its reader."""
    before = sys.stderr
    sys.stderr = Lasting(before)
    try:
        yield
    finally:
        sys.stderr = before


def is_closed(stream: TextIO) -> bool:
    """Return whether nobody reads a stream that is a pipe."""
    import select

    if not hasattr(select, "poll"):
        return True  # Windows: nobody can tell, and it is what is likely
    try:
        asked = select.poll()
        asked.register(stream.fileno(), 0)
        return any(event & (select.POLLERR | select.POLLHUP) for _, event in asked.poll(0))
    except (OSError, ValueError):
        return True
