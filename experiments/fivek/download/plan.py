"""Which files are to be had, which of them are there, and how many bytes are missing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from attiqa_core.files.whole import sha256
from attiqa_core.runs.progress import progress
from experiments.fivek.download.part_files import PartFile
from isp_env.fivek.camera_list import Head
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.manifest import Row
from isp_env.fivek.photos import INPUT, RAW, path_of

MEAN_BYTES = {RAW: 10_000_000, INPUT: 50_900_000}
MEAN_EXPERT_BYTES = 52_900_000
"""What a file takes on average: the archive's 50 GB over 5,000 raws, and the TIFFs of the server as their users counted them."""


@dataclass(frozen=True)
class PhotoFile:
    """One picture of one photo: its kind (`isp_env.fivek.photos.KINDS`), and its path on the server and below the folder."""

    number: int
    kind: str
    path: str


@dataclass(frozen=True)
class Plan:
    """What a run has to do: files that are there and known, those to take in as they are there, to fetch, and that have changed.

    `expected` is how many bytes each file to fetch will have, as far as known, else about; `part_bytes` how many of all are here.
    """

    there: tuple[PhotoFile, ...]
    adopted: tuple[PhotoFile, ...]
    fetched: tuple[PhotoFile, ...]
    changed: tuple[str, ...]
    expected: Mapping[PhotoFile, int]
    part_bytes: int

    @property
    def bytes(self) -> int:
        """How many bytes are yet to come."""
        return max(sum(self.expected.values()) - self.part_bytes, 0)


def wanted_files(names: Mapping[int, str], numbers: Iterable[int], kinds: Sequence[str]) -> list[PhotoFile]:
    """Return the files of these photos, all kinds of a photo together: whatever is there at an interruption is of use."""
    return [PhotoFile(number, kind, path_of(names[number], kind)) for number in numbers for kind in kinds]


def make_plan(
    folder: Path,
    files: Sequence[PhotoFile],
    manifest: Mapping[str, Row],
    heads: Mapping[int, Head],
    *,
    verify: bool = False,
    replace: bool = False,
) -> Plan:
    """Return what is to be done; `verify` reads every known file for its SHA-256, `replace` fetches again what has changed.

    A file that the manifest does not know is taken in, if it lies where it would be fetched to; a raw in the folders of the
    extracted archive counts as there.
    """
    here = FiveKFolder.open(folder).files
    there, adopted, fetched, changed = [], [], [], []
    for file in progress(files, label="verify", unit="file", hidden=not verify):
        path, row = folder / file.path, manifest.get(file.path)
        if not path.is_file():
            (there if file.number in here[file.kind] else fetched).append(file)
        elif row is None:
            adopted.append(file)
        elif not (wrong := changed_since(path, row, verify)):
            there.append(file)
        elif replace:
            fetched.append(file)
        else:
            changed.append(f"{path}: {wrong}; --replace fetches it again")
    expected = {file: expected_bytes(folder, file, heads) for file in fetched}
    part_bytes = sum(PartFile.of(folder / file.path).size for file in fetched)
    return Plan(tuple(there), tuple(adopted), tuple(fetched), tuple(changed), expected, part_bytes)


def changed_since(path: Path, row: Row, verify: bool) -> str | None:
    """Return how a file differs from what was fetched; None if it does not, in size or, if `verify`, in content."""
    if (size := path.stat().st_size) != row.bytes:
        return f"has {size:,} bytes, and had {row.bytes:,} when it was fetched"
    return "has other content than when it was fetched" if verify and sha256(path) != row.sha256 else None


def expected_bytes(folder: Path, file: PhotoFile, heads: Mapping[int, Head]) -> int:
    """Return the size of a file: of its part or its head where there are some, else the mean of its kind."""
    if total := PartFile.of(folder / file.path).total:
        return total
    head = heads.get(file.number)
    return (head.bytes if head and file.kind == RAW else None) or MEAN_BYTES.get(file.kind, MEAN_EXPERT_BYTES)
