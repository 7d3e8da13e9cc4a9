"""What an audit has found so far, kept beside the bundle until the verdict is written: one that was killed goes on with the next part."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from agents.audit.finding import Finding
from agents.audit.keeping import Tensors, Unkept
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.described import read_sealed
from attiqa_core.files.whole import write_json
from attiqa_core.runs.lock import PRIVATE
from attiqa_core.runs.metrics import finite
from attiqa_core.tensor_files import load_sealed, save_sealed

BEGUN = "begun.json"
CURE = "remove it and go on with --resume, which does that part again"


class KeptAudit(Unkept):
    """Parts of the audit of the bundle in a folder, each a file that is whole or not there; with the first of them it is begun."""

    def __init__(self, run: Path, begun_with: Mapping[str, str]):
        self.folder, self.begun_with = place_of(run), dict(begun_with)

    def tensors(self, name: str, made: Callable[[], Tensors]) -> Tensors:
        """Return tensors by name, read if they are there."""
        path = self._place(f"{name}.safetensors")
        if not path.is_file():
            save_sealed(path, {key: each.detach().cpu().contiguous() for key, each in made().items()})
        return load_sealed(path, CURE)

    def finding(self, key: str, made: Callable[[], Finding]) -> Finding:
        """Return what a check found, read if it is there; numbers that are not finite are None, now as later."""
        path = self._place(f"{key}.json")
        if not path.is_file():
            found = made()
            write_json(path, finite({"key": found.key, **found.to_dict()}), seal=True)
        told = read_sealed(path, CURE)
        return Finding(**{**told, "named": tuple(told["named"])})

    def _place(self, name: str) -> Path:
        if not (self.folder / BEGUN).is_file():
            write_json(self.folder / BEGUN, self.begun_with, seal=True)
        return self.folder / name


def begin_audit(run: Path, begun_with: Mapping[str, str], *, resume: bool) -> KeptAudit:
    """Return what is kept of an audit of the bundle in a folder, which begins, or goes on.

    `begun_with`: hashes of all that decides its result. Raises: UsageError for one that was ended if it is not to go on;
    InputError if it was begun with other options, files or weights.
    """
    folder = place_of(run)
    path = folder / BEGUN
    if not path.is_file():
        return KeptAudit(run, begun_with)
    if not resume:
        raise UsageError(
            f"{run}: already holds an interrupted run of `attiqa audit`; go on with --resume, or remove {folder} to begin again"
        )
    before = read_sealed(path, f"remove {folder} and begin again")
    for name in sorted(before.keys() | begun_with.keys()):
        if before.get(name) != begun_with.get(name):
            raise InputError(
                f"{path}: was begun with another {name} ({_short(before.get(name))}, now {_short(begun_with.get(name))}); give what "
                f"it was begun with, or remove {folder} and begin again"
            )
    return KeptAudit(run, begun_with)


def place_of(run: Path) -> Path:
    """Return where it is kept."""
    return run / PRIVATE / "audit"


def remove(run: Path) -> None:
    """Remove all of it: the verdict is written."""
    shutil.rmtree(place_of(run), ignore_errors=True)


def _short(value: str | None) -> str:
    return "nothing" if value is None else value if len(value) <= 40 else f"{value[:12]}…"
