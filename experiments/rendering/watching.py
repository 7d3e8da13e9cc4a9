"""Raws that arrive in a folder, once they are whole."""

import time
from collections.abc import Callable, Iterator

from experiments.rendering.inputs import Source

LOOK_EVERY_S = 2.0


def wait_a_little() -> None:
    """Return after the time between two looks."""
    time.sleep(LOOK_EVERY_S)


def arrivals(find: Callable[[], list[Source]], wait: Callable[[], None] = wait_a_little) -> Iterator[list[Source]]:
    """Yield without end, after each look, the raws that have arrived: of one size and one time of writing for two looks.

    A raw that is written again arrives again. Looking costs a listing of the folder, on every kind of disk and share.
    """
    last: dict[Source, tuple[int, int]] = {}
    given: dict[Source, tuple[int, int]] = {}
    while True:
        now = {source: stamp for source in find() if (stamp := _stamp(source)) is not None}
        ready = [source for source, stamp in now.items() if stamp == last.get(source) and stamp != given.get(source)]
        given |= {source: now[source] for source in ready}
        yield ready
        last = now
        wait()


def _stamp(source: Source) -> tuple[int, int] | None:
    """Size in bytes and time of writing in ns; None for a file that is empty still, or gone again."""
    try:
        about = source.path.stat()
    except OSError:
        return None
    return (about.st_size, about.st_mtime_ns) if about.st_size else None
