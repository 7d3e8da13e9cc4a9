"""Several connections at once: threads that tell the main thread what happens, which alone writes and draws."""

import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from experiments.fivek.download.patience import Reports, Stopped
from experiments.fivek.download.server import Trouble

NOTED_S = 15.0
"""Pauses from this length on are told to the user."""
MOST_FAILURES = 12
"""How many jobs may fail in a row before the rest is left: a server that gives nothing is not asked 5,000 times."""
FAREWELL_S = 2.0
"""How long an ending run waits for its threads; what they leave can be gone on with in any case."""


@dataclass(frozen=True)
class Moved:
    """Bytes that came (below 0: that were dropped)."""

    bytes: int


@dataclass(frozen=True)
class Sized:
    """How many bytes a job's file has."""

    job: Any
    bytes: int


@dataclass(frozen=True)
class Pausing:
    """Why nothing comes for a while."""

    reason: str
    seconds: float


@dataclass(frozen=True)
class Finished:
    """A job and what it returned."""

    job: Any
    result: Any


@dataclass(frozen=True)
class Failed:
    """A job and why it cannot be done."""

    job: Any
    reason: str


@dataclass(frozen=True)
class GaveUp:
    """So many jobs failed in a row that the others were not begun: how many those are, and why the last failed."""

    left: int
    reason: str


Event = GaveUp | Moved | Sized | Pausing | Finished | Failed
Sleep = Callable[[threading.Event, float], object]


def work(
    jobs: Sequence[Any],
    do: Callable[[Any, Reports], Any],
    connections: int,
    sleep: Sleep = threading.Event.wait,
) -> Generator[Event, None, None]:
    """Yield what happens while `do` is called with every job, on so many threads; closing the generator stops them.

    Trouble is a Failed, and after `MOST_FAILURES` in a row comes a GaveUp; any other error of `do` ends the whole and is raised here.
    """
    todo: queue.SimpleQueue[Any] = queue.SimpleQueue()
    events: queue.SimpleQueue[Any] = queue.SimpleQueue()
    stop = threading.Event()
    for job in jobs:
        todo.put(job)

    def run() -> None:
        try:
            while not stop.is_set():
                job = todo.get_nowait()
                try:
                    events.put(Finished(job, do(job, _reports(job, events.put, stop, sleep))))
                except Trouble as trouble:
                    events.put(Failed(job, str(trouble)))
        except (queue.Empty, Stopped):
            events.put(None)
        except BaseException as error:
            events.put(error)

    # Daemons, as a thread that waits for a silent server must not keep an interrupted command alive.
    threads = [threading.Thread(target=run, daemon=True) for _ in range(min(connections, len(jobs)))]
    for thread in threads:
        thread.start()
    try:
        yield from _until_hopeless(_events(events, len(threads)), len(jobs))
    finally:
        stop.set()
        last = time.monotonic() + FAREWELL_S
        for thread in threads:
            thread.join(max(last - time.monotonic(), 0))


def _until_hopeless(events: Iterator[Event], left: int) -> Iterator[Event]:
    failures = 0
    for event in events:
        yield event
        if isinstance(event, Finished | Failed):
            left -= 1
            failures = failures + 1 if isinstance(event, Failed) else 0
            if failures == MOST_FAILURES and left:
                yield GaveUp(left, f"{failures} in a row failed, so {left:,} more were not tried")
                return


def _events(events: queue.SimpleQueue, running: int) -> Iterator[Event]:
    while running:
        event = events.get()
        if isinstance(event, BaseException):
            raise event
        if event is None:
            running -= 1
        else:
            yield event


def _reports(job: Any, tell: Callable[[Event], None], stop: threading.Event, sleep: Sleep) -> Reports:
    def go_on() -> None:
        if stop.is_set():
            raise Stopped

    def wait(seconds: float) -> None:
        sleep(stop, seconds)
        go_on()

    return Reports(
        moved=lambda size: tell(Moved(size)),
        sized=lambda size: tell(Sized(job, size)),
        pausing=lambda reason, seconds: tell(Pausing(reason, seconds)),
        wait=wait,
        go_on=go_on,
    )
