"""How often a server is asked again, and after what pause; what a transfer tells of itself meanwhile."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from attiqa_core.errors import InputError
from experiments.fivek.download.server import Broken, Busy, Trouble, Unreachable

TRIES = 8
"""How many connections in a row may bring nothing new before a file is given up: two minutes, with the pauses between them."""
LONGEST_PAUSE_S = 60.0
LONGEST_WAIT_S = 900.0
"""How long a server may ask us to wait."""
FIRST_TRIES, FIRST_PAUSE_S = 4, 2.0
"""For the small requests that a run begins with, while somebody looks on."""

T = TypeVar("T")


class Stopped(Exception):
    """The whole run ends; parts stay as they are."""


@dataclass(frozen=True)
class Reports:
    """What a transfer tells and asks while it goes on, from a thread of its own.

    `moved` takes bytes that have come (below 0: were dropped), `sized` how many the file has, `pausing` why and for how many seconds
    nothing will come; `wait` sleeps, and raises Stopped once the run is to end, as `go_on` does at once.
    """

    moved: Callable[[int], None]
    sized: Callable[[int], None]
    pausing: Callable[[str, float], None]
    wait: Callable[[float], None]
    go_on: Callable[[], None]


def insist(attempt: Callable[[], T], reports: Reports, position: Callable[[], int] = lambda: 0) -> T:
    """Return what an attempt gives, made again after a pause whenever a connection breaks or the server is busy.

    `position` is how far all attempts have come: one that comes further than any before makes the count begin anew.
    Raises: Trouble with the last reason once `TRIES` in a row brought nothing, or where asking again is no use; Stopped.
    """
    furthest, idle = position(), 0
    while True:
        reports.go_on()
        try:
            return attempt()
        except (Broken, Busy) as trouble:
            idle = 0 if position() > furthest else idle + 1
            furthest = max(furthest, position())
            _pause(trouble, idle, reports)


def ask_first(ask: Callable[[], T], pause: Callable[[float], object] = time.sleep) -> T:
    """Return what a small request gives that a run begins with. Raises: InputError, soon and with the cure."""
    for attempt in range(1, FIRST_TRIES + 1):
        try:
            return ask()
        except Unreachable as trouble:
            raise InputError(
                f"{trouble}; check the network and https_proxy, or name a mirror with --base-url"
            ) from trouble
        except (Broken, Busy) as trouble:
            if attempt == FIRST_TRIES:
                raise InputError(f"{trouble}; try again later") from trouble
            pause(FIRST_PAUSE_S)
        except Trouble as trouble:
            raise InputError(f"{trouble}; is this FiveK's server, or a mirror of it (--base-url)?") from trouble
    raise AssertionError


def _pause(trouble: Broken | Busy, idle: int, reports: Reports) -> None:
    """Wait as long as the server asks, or twice as long after each connection that brought nothing. Raises: Trouble at the last."""
    if idle >= TRIES:
        raise Trouble(f"{trouble} (given up after {TRIES} tries)") from trouble
    asked = trouble.after_s if isinstance(trouble, Busy) else None
    if asked is not None and asked > LONGEST_WAIT_S:
        raise Trouble(f"{trouble} and asks to wait {asked:,.0f} s; try again then") from trouble
    seconds = asked if asked is not None else min(2.0**idle, LONGEST_PAUSE_S) / 2
    reports.pausing(str(trouble), seconds)
    reports.wait(seconds)
