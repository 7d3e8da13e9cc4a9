"""A file on its way: its bytes so far in NAME.part, and in NAME.part.json of which state of the file they are."""

import json
import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from experiments.fivek.download.server import Version

SUFFIX = ".part"


@dataclass
class PartFile:
    """The part of a file at `target`; `version` and `total` (bytes, None: not said) are of the state that it was begun with.

    At any moment the process may die: bytes without a version begin anew, and a version is only written before its first byte.
    """

    target: Path
    version: Version = field(default_factory=Version)
    total: int | None = None

    @classmethod
    def of(cls, target: Path) -> "PartFile":
        """Return what an earlier run left for this file, or an empty part."""
        part = cls(target)
        with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            known = json.loads(part.about.read_text(encoding="utf-8"))
            part.total = None if known["bytes"] is None else int(known["bytes"])
            part.version = Version(known["etag"], known["last_modified"])
        if part.version.condition is None or (part.total is not None and part.size > part.total):
            part.discard()
        return part

    @property
    def path(self) -> Path:
        """Where the bytes are."""
        return self.target.with_name(self.target.name + SUFFIX)

    @property
    def about(self) -> Path:
        """Where it is written what they are of."""
        return self.target.with_name(f"{self.target.name}{SUFFIX}.json")

    @property
    def size(self) -> int:
        """How many bytes there are."""
        return self.path.stat().st_size if self.path.exists() else 0

    def begin(self, version: Version, total: int | None) -> None:
        """Drop the bytes there are, and begin with this state of the file."""
        self.discard()
        self.target.parent.mkdir(parents=True, exist_ok=True)
        self.version, self.total = version, total
        known = {"bytes": total, "etag": version.etag, "last_modified": version.last_modified}
        self.about.write_text(json.dumps(known), encoding="utf-8")  # cut off, it says nothing, and the part begins anew

    def discard(self) -> None:
        """Drop the bytes, and only then what they were of."""
        self.path.unlink(missing_ok=True)
        self.about.unlink(missing_ok=True)
        self.version, self.total = Version(), None

    def finish(self) -> None:
        """Make the part the file, in one step and down to the disk."""
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())
        self.path.replace(self.target)
        self.about.unlink(missing_ok=True)
