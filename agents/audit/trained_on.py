"""What a run records of what it was trained on: raws that may not judge it, and the errors that it was shown."""

import filecmp
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from attiqa_core.errors import UsageError
from attiqa_core.runs.folder import stored_config
from isp_env.contexts.scenes import Split
from isp_env.contexts.variations import ContextRanges
from isp_env.fitting.files import FITS
from isp_env.fivek.address import is_address
from isp_env.raw_io.find import find_raws, is_there
from isp_env.stores.store import BakedStore, is_begun, read_index

BEGINNING = 2**16  # bytes: a head with the time of the shot, by which most raws of one size differ
NO_CHANGE = ContextRanges((1.0, 1.0), False, (0.0, 0.0), 0.0, 0.0, (0.0, 0.0))


@dataclass(frozen=True)
class TrainedOn:
    """The raw files that a run learned from or was selected by, the stores, and names and cameras of the stores' contexts.

    `missing`: what the run names and is no longer there, so that it could not be compared. `ranges`: errors of the contexts;
    None where the run does not say.
    """

    files: frozenset[Path]
    stores: frozenset[Path]
    names: frozenset[tuple[str, str]]
    missing: tuple[Path, ...]
    ranges: ContextRanges | None


def trained_on(run: Path) -> TrainedOn:
    """Return what the run's `config.toml` leads to, but for the test sides of stores; nothing is read but indices."""
    config, of_fit = stored_config(run), False
    if not config and (run.parent / FITS).is_file():  # the policy of `attiqa fit`, whose run is the folder above
        config, of_fit = stored_config(run.parent), True
    named = [Path(each) for key in ("raws", "validate", "contexts") for each in _paths(config.get(key))]
    there = [path for path in named if is_there(path)]
    stores = [BakedStore.open(path) for path in there if is_begun(path)]
    files = _files([path for path in there if not is_begun(path)])
    for store in stores:
        baked = [Path(each) for key in ("raws", "photos") for each in _paths(stored_config(store.path).get(key))]
        tested = {item.raw for item in store.of("test")}
        files |= {path for path in _files([path for path in baked if is_there(path)]) if path.stem not in tested}
        if of_fit:  # of all raws that were fitted it learned from the contexts' other sides
            files = {path for path in files if path.stem not in tested}
    return TrainedOn(
        frozenset(files),
        frozenset(store.path.resolve() for store in stores),
        frozenset(each for store in stores for each in _contexts(store, ("training", "validation"))),
        tuple(path for path in named if not is_there(path)),
        _ranges([store.path for store in stores], config),
    )


def refuse_trained(known: TrainedOn, raws: Sequence[Path]) -> None:
    """Raises: UsageError naming a raw that the run learned from, itself or through a store."""
    cure = "an audit is about raws that it has never seen; name others"
    files = _files([path for path in raws if not is_begun(path)])
    if shared := sorted(files & known.files):
        raise UsageError(f"{shared[0]}: was trained on; {cure}")
    if copied := _first_copy(files, known.files):
        raise UsageError(f"{copied[0]}: is a copy of {copied[1]}, which was trained on; {cure}")
    for path in raws:
        if is_begun(path) and path.resolve() not in known.stores:
            store = BakedStore.open(path)
            if both := sorted(_contexts(store, (judged_side(store),)) & known.names):
                raise UsageError(f"{path}: holds {both[0][0]}, which was trained on; {cure}")


def judged_side(store: BakedStore) -> Split:
    """Return the side of a store by which a policy is audited: test, else validation, else all there is, its training side."""
    if store.of("test"):
        return "test"
    return "validation" if store.of("validation") else "training"


def _contexts(store: BakedStore, sides: Sequence[Split]) -> set[tuple[str, str]]:
    """Name and camera of the raws on some sides of a store."""
    cameras = {line["name"]: str(line.get("camera")) for line in read_index(store.path)}
    return {(item.raw, cameras[item.raw]) for item in store.items if item.split in sides}


def _files(paths: Sequence[Path]) -> set[Path]:
    """Raws among files and folders; a photo, or a folder of none, is no raw."""
    found: set[Path] = set()
    for path in paths:
        if path.is_file():
            found.add(path.resolve())
        elif is_address(path) or any(path.rglob("*")):
            try:
                found |= {each.resolve() for each in find_raws([path])}
            except ValueError:
                continue  # a folder of photos
    return found


def _first_copy(files: Iterable[Path], known: Iterable[Path]) -> tuple[Path, Path] | None:
    """A file with the very content of a known one, and that one; what is alike at its beginning alone is read whole."""
    alike: dict[tuple[int, bytes], list[Path]] = {}
    for path in known:
        if path.is_file():
            alike.setdefault(_beginning(path), []).append(path)
    for path in sorted(files):
        for other in alike.get(_beginning(path), ()):
            if filecmp.cmp(path, other, shallow=False):
                return path, other
    return None


def _beginning(path: Path) -> tuple[int, bytes]:
    with path.open("rb") as file:
        return path.stat().st_size, hashlib.sha256(file.read(BEGINNING)).digest()


def _ranges(stores: Sequence[Path], config: dict[str, Any]) -> ContextRanges | None:
    """The widest that any store says; raws as they are have no errors; None where nothing was recorded."""
    if not config:
        return None
    if not stores:
        return NO_CHANGE
    baked = stored_config(stores[0])
    fields: dict[str, Any] = {name: baked[name] for name in vars(NO_CHANGE) if name in baked}
    return ContextRanges(**{**fields, **{name: tuple(each) for name, each in fields.items() if isinstance(each, list)}})


def _paths(value: Any) -> list[str]:
    """The words of a list, or a word; nothing where a hand has made it something else."""
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
