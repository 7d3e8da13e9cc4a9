"""One large file over several connections: segments of it at once, each in its place, and a list of those that are whole."""

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from attiqa_core.files.whole import write_text
from experiments.fivek.download.patience import Reports, insist
from experiments.fivek.download.server import Answer, Broken, Server, Trouble, Version
from experiments.fivek.download.transfer import READ_BYTES

SEGMENT_BYTES = 16 << 20
"""What the death of a process loses, at most, for each connection."""


@dataclass(frozen=True)
class Segment:
    """Bytes `start` to before `end` of a file."""

    start: int
    end: int


@dataclass
class SegmentedFile:
    """A file of `total` bytes on its way to `target`: in NAME.segments, with a list of the segments that are whole beside it.

    The list's first line says of which state of the file they are; each other line is the start of a segment.
    """

    target: Path
    version: Version
    total: int
    segment_bytes: int
    done: set[int] = field(default_factory=set)

    @classmethod
    def of(cls, target: Path, version: Version, total: int, segment_bytes: int) -> "SegmentedFile":
        """Return what an earlier run left of the same state of the file, or a new one."""
        file = cls(target, version, total, segment_bytes)
        with suppress(OSError, ValueError):
            first, *lines = file.list.read_text(encoding="utf-8").splitlines(keepends=True)
            if json.loads(first) == file.header and file.data.stat().st_size == total:
                file.done = {int(line) for line in lines if line.endswith("\n")}
        return file

    @property
    def data(self) -> Path:
        """Where the bytes are, each in its place."""
        return self.target.with_name(f"{self.target.name}.segments")

    @property
    def list(self) -> Path:
        """Where it is written which segments are whole."""
        return self.target.with_name(f"{self.target.name}.segments.jsonl")

    @property
    def header(self) -> dict[str, object]:
        """What has to be the same for the segments to be gone on with."""
        return {"bytes": self.total, "segment_bytes": self.segment_bytes, **asdict(self.version)}

    @property
    def missing(self) -> tuple[Segment, ...]:
        """The segments that are not here."""
        starts = (start for start in range(0, self.total, self.segment_bytes) if start not in self.done)
        return tuple(Segment(start, min(start + self.segment_bytes, self.total)) for start in starts)

    @property
    def bytes_to_come(self) -> int:
        """How many bytes the missing segments have."""
        return sum(segment.end - segment.start for segment in self.missing)

    def begin(self) -> None:
        """Make room for all of it, unless some of it is here; and a list whose last line is not cut off."""
        if not self.done:
            self.discard()
            self.target.parent.mkdir(parents=True, exist_ok=True)
            with self.data.open("wb") as file:
                file.truncate(self.total)
        write_text(self.list, json.dumps(self.header) + "\n" + "".join(f"{start}\n" for start in sorted(self.done)))

    def keep(self, segment: Segment) -> None:
        """Write down that a segment is whole, once its bytes are on the disk."""
        with self.data.open("rb+") as file:
            os.fsync(file.fileno())
        with self.list.open("a", encoding="utf-8") as file:
            file.write(f"{segment.start}\n")
        self.done.add(segment.start)

    def discard(self) -> None:
        """Drop the list, and then the bytes."""
        self.list.unlink(missing_ok=True)
        self.data.unlink(missing_ok=True)
        self.done.clear()

    def finish(self) -> None:
        """Make it the file, in one step."""
        self.data.replace(self.target)
        self.list.unlink(missing_ok=True)


def fetch_segment(server: Server, path: str, file: SegmentedFile, segment: Segment, reports: Reports) -> Segment:
    """Return the segment, whose bytes are in their place. Raises: as `insist`; Trouble if the file is another one meanwhile."""
    with file.data.open("rb+") as place:
        place.seek(segment.start)

        def attempt() -> None:
            at = place.tell()
            with server.ask(path, start=at, end=segment.end, condition=file.version.condition) as answer:
                _check_same(answer, at, file)
                while (left := segment.end - place.tell()) and (received := answer.read(min(READ_BYTES, left))):
                    place.write(received)
                    reports.moved(len(received))
                    reports.go_on()
            if place.tell() < segment.end:
                raise Broken(f"{answer.url}: the connection ended after {place.tell():,} bytes")

        insist(attempt, reports, place.tell)
    return segment


def _check_same(answer: Answer, at: int, file: SegmentedFile) -> None:
    if answer.version.is_other_than(file.version) or answer.total not in (None, file.total):
        raise Trouble(f"{answer.url}: it changed meanwhile; the same command begins anew")
    if answer.start != at:
        raise Broken(f"{answer.url}: another part came than was asked for")
