"""A planned run: every file to its place over several connections, a row in the manifest for each, progress in bytes."""

import errno
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attiqa_core.errors import ResourceError
from attiqa_core.files.whole import sha256
from attiqa_core.runs.progress import progress
from experiments.fivek.download.patience import Reports, insist
from experiments.fivek.download.plan import PhotoFile, Plan
from experiments.fivek.download.server import Answer, Server, Trouble
from experiments.fivek.download.transfer import fetch
from experiments.fivek.download.workers import (
    NOTED_S,
    Failed,
    Finished,
    GaveUp,
    Moved,
    Pausing,
    Sized,
    Sleep,
    work,
)
from experiments.options.outcome import count
from isp_env.fivek.intact import damage_of, no_tiff
from isp_env.fivek.manifest import Row, append, now

MOST_ASKED = 100
"""Up to so many files, the server is asked for each one's size before any is fetched."""
GO_ON = "the same command goes on from there"


@dataclass
class Tally:
    """What has become of a run so far: jobs that are finished, how many of them were there already, and what failed, as sentences."""

    finished: int = 0
    adopted: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def fetched(self) -> int:
        """How many came from the server."""
        return self.finished - self.adopted


def get(server: Server, folder: Path, plan: Plan, connections: int, sleep: Sleep = threading.Event.wait) -> Tally:
    """Return what became of the plan's files. Raises: as `run_transfers`."""
    to_fetch = frozenset(plan.fetched)

    def one(file: PhotoFile, reports: Reports) -> Row:
        if file in to_fetch:
            return fetch_picture(server, folder, file.path, reports)
        return adopt(server, folder, file.path, reports)

    rows: list[Row] = []

    def keep(row: Row) -> None:
        append(folder, row)
        rows.append(row)

    jobs = (*plan.adopted, *plan.fetched)
    tally = run_transfers(folder, jobs, one, keep, connections, sum(plan.expected.values()), plan.expected, sleep)
    tally.failures[:0] = plan.changed
    tally.adopted = sum(row.adopted for row in rows)
    return tally


def run_transfers(
    folder: Path,
    jobs: Sequence[Any],
    one: Callable[[Any, Reports], Any],
    keep: Callable[[Any], None],
    connections: int,
    total: int,
    expected: Mapping[Any, int],
    sleep: Sleep = threading.Event.wait,
    thing: str = "file",
) -> Tally:
    """Return what became of the jobs, each a `thing`; `keep` gets what each returned, in this thread, before the next event is looked at.

    `total` are the bytes of the progress bar, and `expected` those of each job in it, until they are known.
    Raises: ResourceError where the disk is full; KeyboardInterrupt, after a line that says what is here.
    """
    tally, sizes = Tally(), dict(expected)
    events = work(jobs, one, connections, sleep)
    with _explained(folder, tally, thing), progress(total=total, label="get", unit="byte", scaled=True) as bar:
        try:
            for event in events:
                match event:
                    case Moved(size):
                        bar.update(size)
                    case Sized(job, size):
                        bar.total += size - sizes.get(job, size)
                        sizes[job] = size
                    case Pausing(reason, seconds) if seconds >= NOTED_S:
                        bar.write(f"attiqa: {reason}; again in {seconds:.0f} s", file=sys.stderr)
                    case Finished(_, result):
                        keep(result)
                        tally.finished += 1
                    case Failed(_, reason) | GaveUp(_, reason):
                        tally.failures.append(reason)
        finally:
            events.close()
    return tally


def fetch_picture(server: Server, folder: Path, path: str, reports: Reports) -> Row:
    """Return the row of a picture that was fetched. Raises: as `fetch`."""
    done = fetch(server, path, folder / path, head=no_tiff, whole=damage_of, reports=reports)
    return Row(path, done.bytes, done.sha256, done.version.etag, done.version.last_modified, now())


def adopt(server: Server, folder: Path, path: str, reports: Reports) -> Row:
    """Return the row of a picture that was there already. Raises: Trouble if the server's has another size, or it is damaged."""
    place = folder / path
    there, size = insist(lambda: ask_about(server, path), reports), place.stat().st_size
    if there.total is not None and there.total != size:
        raise Trouble(f"{place}: has {size:,} bytes, on the server {there.total:,}; remove it, and it is fetched")
    if wrong := damage_of(place):
        raise Trouble(f"{place}: {wrong}; remove it, and it is fetched")
    return Row(path, size, sha256(place), there.version.etag, there.version.last_modified, now(), adopted=True)


def ask_about(server: Server, path: str, *, end: int | None = None, method: str = "HEAD") -> Answer:
    """Return what the server says of a file, or of its part before `end`, without the content. Raises: Trouble."""
    with server.ask(path, end=end, method=method) as answer:
        return answer


def ask_sizes(server: Server, files: Sequence[PhotoFile], connections: int) -> dict[PhotoFile, int]:
    """Return the sizes in bytes that the server says, of those files that it says something of."""

    def size(file: PhotoFile, reports: Reports) -> int | None:
        reports.go_on()
        return ask_about(server, file.path).total

    events: Any = work(files, size, connections)
    return {event.job: event.result for event in events if isinstance(event, Finished) and event.result is not None}


@contextmanager
def _explained(folder: Path, tally: Tally, thing: str) -> Iterator[None]:
    """A context in which whatever ends the run early says how far it came."""
    try:
        yield
    except KeyboardInterrupt:
        begun = sum(1 for suffix in ("part", "segments") for _ in folder.rglob(f"*.{suffix}"))
        print(
            f"\nattiqa: {count(tally.fetched, thing)} fetched, {count(begun, 'file')} begun; {GO_ON}", file=sys.stderr
        )
        raise
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise ResourceError(
            f"{folder}: the disk is full after {count(tally.fetched, thing)}; free some space, and {GO_ON}"
        ) from error
