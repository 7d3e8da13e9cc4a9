"""A folder of this machine that is kept at an address: what is finished goes there as it comes, descriptions after what they describe."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath

from attiqa_core.errors import InputError
from attiqa_core.remote import store
from attiqa_core.runs.lock import PRIVATE

EVERY_S = 60.0
DESCRIPTIONS = (".json", ".toml")
UNFINISHED = ".part"  # a folder in which a shard's files grow
HIDDEN = (".shards", ".before", ".*.sums")
"""What is kept though it is hidden: the shards and small pictures of a render, and the sums of a table's lines."""


@dataclass
class Mirror:
    """A folder and its address. `brought` says of which local files the address has the present state: size and time.

    `only` are the files and folders in it that are kept, all if empty.
    """

    local: Path
    address: Path
    only: tuple[str, ...] = ()
    brought: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing lies at the address."""
        return next(self._there(), None) is None

    def fetch(self, wanted: Callable[[str], bool] | None = None) -> int:
        """Bring the files here, or those of `wanted` names (paths below the folder), over what is here; return how many."""
        names = [name.as_posix() for name in self._there() if _is_kept(name)]
        chosen = [name for name in names if wanted is None or wanted(name)]
        for name in sorted(chosen, key=_descriptions_last):
            store.fetch(self.address / name, self.local / name)
            self.brought[name] = _state(self.local / name)
        return len(chosen)

    def _there(self) -> Iterator[PurePath]:
        """The files at the address."""
        for root in map(self.address.joinpath, self.only) if self.only else (self.address,):
            if not store.exists(root):
                continue
            found = store.files_below(root, hidden=True) if store.is_folder(root) else ((root, None),)
            yield from (path.relative_to(self.address) for path, _ in found)

    def _here(self) -> list[Path]:
        """The finished files of the folder."""
        found = (path for path in self.local.rglob("*") if path.is_file())
        named = [(path, path.relative_to(self.local)) for path in found]
        return [path for path, name in named if _is_kept(name) and (not self.only or name.parts[0] in self.only)]

    def bring(self) -> None:
        """Bring to the address what changed here, and remove there what was brought and is gone here.

        A description that changes while the others are on their way waits for the next time, so that what lies at the
        address fits together. Raises: InputError or UsageError as `store.bring`.
        """
        found = {path.relative_to(self.local).as_posix(): _state(path) for path in self._here()}
        changed = [name for name, state in found.items() if self.brought.get(name) != state]
        for name in sorted(changed, key=_descriptions_last):
            path = self.local / name
            with contextlib.suppress(FileNotFoundError):  # replaced by its successor meanwhile
                if name.endswith(DESCRIPTIONS) and _state(path) != found[name]:
                    continue
                store.bring(path, self.address / name)
                self.brought[name] = found[name]
        for name in [name for name in self.brought if name not in found]:
            store.remove(self.address / name)
            del self.brought[name]

    @property
    def is_complete(self) -> bool:
        """Whether the address has every finished file as it is here."""
        return all(self.brought.get(path.relative_to(self.local).as_posix()) == _state(path) for path in self._here())

    @contextlib.contextmanager
    def kept(self, every_s: float = EVERY_S) -> Iterator[None]:
        """A context in which what is finished is brought now and then, and at its end, however it ends, everything."""
        ended = threading.Event()
        thread = threading.Thread(target=self._now_and_then, args=(ended, every_s), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            if self.local.is_dir():
                self.bring()

    def _now_and_then(self, ended: threading.Event, every_s: float) -> None:
        while not ended.wait(every_s):
            with contextlib.suppress(InputError, OSError):  # a network that is away for a while; the last time says so
                self.bring()


def _is_kept(path: PurePath) -> bool:
    """Whether a path below the folder is kept: what is hidden is not finished, or a lock; but for a run's own descriptions."""
    if path.parent.name == PRIVATE and path.suffix in DESCRIPTIONS and not path.name.startswith("."):
        return True
    if any(part.endswith(UNFINISHED) for part in path.parts):
        return False
    return not any(part.startswith(".") and not any(map(PurePath(part).match, HIDDEN)) for part in path.parts)


def _state(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_size, about.st_mtime_ns


def _descriptions_last(name: str) -> tuple[bool, bool, str]:
    """What sorts a description after what it describes, and what tells others that a run is begun after all of them."""
    return name.endswith(DESCRIPTIONS), PurePath(name).parent.name == PRIVATE, name
