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


@dataclass
class Mirror:
    """A folder and its address. `brought` says of which local files the address has the present state: size and time."""

    local: Path
    address: Path
    brought: dict[str, tuple[int, int]] = field(default_factory=dict)

    def fetch(self, wanted: Callable[[str], bool] | None = None) -> int:
        """Bring the files here, or those of `wanted` names (paths below the folder), over what is here; return how many."""
        found = (path.relative_to(self.address) for path, _ in store.files_below(self.address, hidden=True))
        names = [name.as_posix() for name in found if _is_kept(name)]
        chosen = [name for name in names if wanted is None or wanted(name)]
        for name in sorted(chosen, key=_descriptions_last):
            store.fetch(self.address / name, self.local / name)
            self.brought[name] = _state(self.local / name)
        return len(chosen)

    def bring(self) -> None:
        """Bring to the address what changed here, and remove there what was brought and is gone here.

        A description that changes while the others are on their way waits for the next time, so that what lies at the
        address fits together. Raises: InputError or UsageError as `store.bring`.
        """
        found = {path.relative_to(self.local).as_posix(): _state(path) for path in _kept(self.local)}
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
        return all(
            self.brought.get(path.relative_to(self.local).as_posix()) == _state(path) for path in _kept(self.local)
        )

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


def _kept(folder: Path) -> list[Path]:
    """The files of a folder that are kept at its address."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in found if _is_kept(path.relative_to(folder))]


def _is_kept(path: PurePath) -> bool:
    """Whether a path below the folder is kept: what is hidden is not finished, or a lock; but for a run's own descriptions."""
    if path.parts[0] == PRIVATE and len(path.parts) == 2 and path.suffix in DESCRIPTIONS:
        return True
    return not any(part.startswith(".") for part in path.parts)


def _state(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_size, about.st_mtime_ns


def _descriptions_last(name: str) -> tuple[bool, str]:
    return name.endswith(DESCRIPTIONS), name
