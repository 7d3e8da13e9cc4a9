"""One file from the server to its place, over as many connections as it takes: resumed, checked, and renamed when it is whole."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from attiqa_core.files import sha256
from experiments.fivek.download.part_files import PartFile
from experiments.fivek.download.server import Answer, Broken, Busy, NoSuchRange, Server, Trouble, Version

TRIES = 8
"""How many connections in a row may bring nothing new before a file is given up: two minutes, with the pauses between them."""
LONGEST_PAUSE_S = 60.0
LONGEST_WAIT_S = 900.0
"""How long a server may ask us to wait."""
READ_BYTES = 1 << 18

T = TypeVar("T")
Check = Callable[[Path], str | None]
"""Why a file's bytes cannot be what they should be; None if they can."""


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


@dataclass(frozen=True)
class Fetched:
    """A file that is whole: its size in bytes, its SHA-256, and which state of it the server gave."""

    bytes: int
    sha256: str
    version: Version


def fetch(
    server: Server, path: str, target: Path, *, head: Check, whole: Check, reports: Reports, most_damaged: int = 2
) -> Fetched:
    """Return what was fetched to `target`; an earlier part is gone on with if the server still has the same state of the file.

    `head` is asked about the beginning, once bytes are there; `whole` about all of it, and how often it may say that a file
    which is complete by its length is not by its content is `most_damaged`.
    Raises: Trouble with the last reason, Stopped; OSError as the disk does.
    """
    part = PartFile.of(target)
    reports.moved(part.size)
    furthest, idle, damaged = part.size, 0, 0
    while True:
        try:
            if not part.size or part.size != part.total:
                _connection(server, path, part, head, reports)
            if not (wrong := whole(part.path)):
                break
            damaged += 1
            _drop(part, reports)
            raise (Broken if damaged < most_damaged else Trouble)(f"{server.url(path)}: {wrong}")
        except (Broken, Busy) as trouble:
            idle = 0 if part.size > furthest else idle + 1
            furthest = max(furthest, part.size)
            _pause(trouble, idle, reports)
    version, size = part.version, part.size
    part.finish()
    return Fetched(size, sha256(target), version)


def _connection(server: Server, path: str, part: PartFile, head: Check, reports: Reports) -> None:
    """Add to the part what one connection brings. Raises: Broken unless that was all."""
    try:
        with server.ask(path, start=part.size, condition=part.version.condition) as answer:
            _agree(part, answer, reports)
            _receive(part, answer, head, reports)
    except NoSuchRange:  # longer than the file is now
        _drop(part, reports)
        raise


def _agree(part: PartFile, answer: Answer, reports: Reports) -> None:
    """Begin anew where the answer begins at byte 0: at first, if the file changed, or with a server that knows no ranges."""
    if answer.start == 0:
        _drop(part, reports)
        part.begin(answer.version, answer.total)
        if answer.total is not None:
            reports.sized(answer.total)
        return
    wrong_place = answer.start != part.size
    changed = answer.version.is_other_than(part.version) or (part.total and answer.total and part.total != answer.total)
    if wrong_place or changed:
        _drop(part, reports)
        raise Broken(
            f"{answer.url}: " + ("another part came than was asked for" if wrong_place else "it changed meanwhile")
        )


def _receive(part: PartFile, answer: Answer, head: Check, reports: Reports) -> None:
    total = answer.total if answer.total is not None else part.total
    with part.path.open("ab") as file:
        for number in itertools.count():
            reports.go_on()
            left = READ_BYTES if total is None else min(READ_BYTES, total - file.tell())
            received = answer.read(left) if left else b""
            if not received:
                break
            file.write(received)
            file.flush()
            reports.moved(len(received))
            if number == 0 and (wrong := head(part.path)):
                _drop(part, reports)
                raise Trouble(f"{answer.url}: {wrong}")
        size = file.tell()
    if total is not None and size < total:
        raise Broken(f"{answer.url}: the connection ended after {size:,} of {total:,} bytes")


def _drop(part: PartFile, reports: Reports) -> None:
    reports.moved(-part.size)
    part.discard()


def retried(ask: Callable[[], T], reports: Reports) -> T:
    """Return what a small request gives, asked again as `fetch` would. Raises: Trouble with the last reason, Stopped."""
    for idle in itertools.count(1):
        reports.go_on()
        try:
            return ask()
        except (Broken, Busy) as trouble:
            _pause(trouble, idle, reports)
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
