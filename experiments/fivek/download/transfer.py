"""One file from the server to its place, over as many connections as it takes: resumed, checked, and renamed when it is whole."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from attiqa_core.files.whole import sha256
from experiments.fivek.download.part_files import PartFile
from experiments.fivek.download.patience import Reports, insist
from experiments.fivek.download.server import Answer, Broken, NoSuchRange, Server, Trouble, Version
from isp_env.fivek.intact import WEB_PAGE

READ_BYTES = 1 << 18

Check = Callable[[Path], str | None]
"""Why a file's bytes cannot be what they should be; None if they can."""


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
    part, damaged = PartFile.of(target), itertools.count(1)
    reports.moved(part.size)

    def attempt() -> None:
        if not part.size or part.size != part.total:
            _connection(server, path, part, head, reports)
        if wrong := whole(part.path):
            _drop(part, reports)
            raise (Broken if next(damaged) < most_damaged else Trouble)(f"{server.url(path)}: {wrong}")

    insist(attempt, reports, lambda: part.size)
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
    if answer.is_web_page:
        raise Trouble(f"{answer.url}: {WEB_PAGE}")  # and the part stays for when the file comes again
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
