"""What data sets a folder holds, and whether they are whole: the part of `attiqa doctor` that looks at files."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from attiqa_core.datasets.catalogue import DATASETS, DataSet
from attiqa_core.datasets.folders import Folders, is_cut_off
from attiqa_core.datasets.near_duplicates import close_pairs, difference_hash, hashes, pairs_among
from attiqa_core.datasets.rated import TEST, TRAIN, RatedImages
from attiqa_core.datasets.readers.mos_csv import read_mos_csv
from attiqa_core.datasets.tables import header
from attiqa_core.errors import InputError
from attiqa_core.files.whole import sha256

DEPTH = 3  # folders below the one that is looked through: DIR/SPAQ/SPAQ/Annotations
SOUND, INCOMPLETE, BROKEN = "sound", "incomplete", "broken"

Progress = Callable[[Sequence[Path]], Iterator[Path]]


@dataclass(frozen=True)
class Finding:
    """One data set that was found: `state` is "sound", "incomplete" (images are absent) or "broken".

    `present` are the files of the images that are there, by their position in `rated`.
    """

    title: str
    table: Path
    state: str
    notes: tuple[str, ...]
    rated: RatedImages | None = None
    present: dict[int, Path] = field(default_factory=dict)


def find_tables(root: Path) -> list[tuple[DataSet | None, Path]]:
    """Return the score files below a folder with their data sets, None for an own CSV with image,mos; each file once."""
    found: dict[Path, DataSet | None] = {}
    for folder in _folders(root):
        for known in DATASETS.values():
            if table := known.table(folder):
                found.setdefault(table, known)
        for path in sorted(folder.glob("*.csv")):
            known = next((known for known in DATASETS.values() if known.table(path)), None)
            if known is None and header(path).issuperset(("image", "mos")):
                found.setdefault(path, None)
            elif known is not None and not any(it is known and folder == table.parent for table, it in found.items()):
                found[path] = known
    return [(known, table) for table, known in found.items()]


def _folders(root: Path) -> Iterator[Path]:
    """The folder and those below it, not hidden, to a fixed depth: image folders are listed once and not entered."""
    level = [root]
    for _ in range(DEPTH + 1):
        yield from level
        level = [Path(entry) for folder in level for entry in _inside(folder)]


def _inside(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.path for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except PermissionError:
        return []


def examine(known: DataSet | None, table: Path) -> Finding:
    """Read a data set's table, check it against what is known of the original, and count its images."""
    title = known.title if known else f"own scores ({table.name})"
    try:
        rated = known.read(table, None, "listed") if known else read_mos_csv(table, look="listed")
    except InputError as error:
        return Finding(title, table, BROKEN, (str(error),))
    folders = Folders()
    present = {index: file for index, path in enumerate(rated.paths) if (file := folders.find(path))}
    notes, problems = [*rated.notes], _differences(known, rated) if known else []
    if known:
        notes += _checksums(known, table)
    if len(present) < len(rated):
        notes.append(f"{len(rated) - len(present)} images are absent from {rated.paths[0].parent}")
    state = BROKEN if problems else INCOMPLETE if len(present) < len(rated) else SOUND
    return Finding(title, table, state, (*problems, *notes), rated, present)


def _differences(known: DataSet, rated: RatedImages) -> list[str]:
    """What is not as in the original."""
    problems = []
    if len(rated) != known.count:
        problems.append(f"lists {len(rated)} images instead of {known.count}: fetch the table again")
    parts = Counter(rated.split or ())
    if known.parts and known.parts.keys() <= parts.keys():
        problems += [
            f"{parts[name]} {name} images instead of {count}: fetch the split's list again"
            for name, count in known.parts.items()
            if parts[name] != count
        ]
    return problems


def _checksums(known: DataSet, table: Path) -> list[str]:
    notes = []
    for name, expected in known.checksums.items():
        path = table.with_name(name)
        if path.is_file():
            is_original = sha256(path) == expected
            notes.append(f"{name} {'is the original' if is_original else 'differs from the one we know'} (SHA-256)")
    return notes


def cut_off_images(finding: Finding, progress: Progress = iter) -> list[Path]:
    """Return the images that were never written to their end."""
    return [path for path in progress(list(finding.present.values())) if is_cut_off(path)]


def near_duplicates(
    finding: Finding, distance: int, progress: Progress = iter
) -> tuple[list[tuple[Path, Path]], list[Path]]:
    """Return pairs of near-identical images, and the images that could not be read.

    The pairs lie across the official training and test parts, or anywhere if there are none.
    """
    hashed, unreadable = dict[Path, int](), []
    for path in progress(list(finding.present.values())):
        try:
            value = difference_hash(path)
        except InputError:
            unreadable.append(path)
            continue
        if value is not None:
            hashed[path] = value
    return _pairs(finding, hashed, distance), unreadable


def _pairs(finding: Finding, hashed: dict[Path, int], distance: int) -> list[tuple[Path, Path]]:
    rated = finding.rated
    if rated is None or rated.split is None:
        return pairs_among(hashed, distance)
    part = {path: rated.split[index] for index, path in finding.present.items()}
    train, test = ([path for path in hashed if part[path] == name] for name in (TRAIN, TEST))
    pairs = close_pairs(hashes(hashed[path] for path in train), hashes(hashed[path] for path in test), distance)
    return [(train[one], test[other]) for one, other in pairs]


def imagenet_folders(root: Path) -> list[tuple[Path, int]]:
    """Return folders with ImageNet's class folders (n01440764, ...) and how many of them there are."""
    found = []
    for folder in _folders(root):
        names = (Path(path).name for path in _inside(folder))
        if classes := sum(len(name) == 9 and name[0] == "n" and name[1:].isdigit() for name in names):
            found.append((folder, classes))
    return found
