"""A folder with FiveK in it: the extracted archive, single files as `attiqa fivek get` writes them, or both."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from attiqa_core.errors import InputError
from isp_env.fivek.camera_list import Head, read_cameras
from isp_env.fivek.headers import Header, read_header
from isp_env.fivek.lists import CATEGORIES, Categories, read_categories, read_licences
from isp_env.fivek.photos import EXPERTS, INPUT, KINDS, RAW, number_of, plain_name

ROOTS = (".", "fivek_dataset", "raw/fivek_dataset")  # the archive's own folder, the last as yuukicammy's loader has it
ARCHIVE_RAWS = ("raw_photos/HQa*/photos", "HQa*/photos", "photos", "raw/*")  # the last is yuukicammy's, by camera
LISTS = (".", "legal", "..", "../legal")  # the last two where raw_photos/ or img/ itself is named
CATALOGUES = ("raw_photos/fivek.lrcat", "fivek.lrcat")


@dataclass(frozen=True)
class Photo:
    """One photo as far as lists and names tell: `licence` is "Adobe", "AdobeMIT", or None where no list names it."""

    number: int
    name: str
    licence: str | None
    categories: Categories | None


@dataclass(frozen=True)
class FiveKFolder:
    """The files of FiveK that are there: for each kind of picture (`photos.KINDS`) its file by the photo's number.

    `listed` are the names, `licences` the licences, `categories` the labels that the lists give; `catalogue` is Lightroom's.
    """

    path: Path
    files: Mapping[str, Mapping[int, Path]]
    listed: Mapping[int, str]
    licences: Mapping[int, str]
    categories: Mapping[int, Categories]
    catalogue: Path | None

    @classmethod
    def open(cls, path: str | Path) -> "FiveKFolder":
        """Return what is in a folder; the pictures are not opened.

        Raises: InputError if it is no folder, or if it holds no raw, picture, list or catalogue of FiveK; or a list that is none.
        """
        path = Path(path)
        if not path.is_dir():
            raise InputError(f"{path}: no such folder; name the one that FiveK was extracted or downloaded into")
        roots = _roots(path)
        listed, licences = read_licences(_lists(roots))
        categories = {}
        for root in roots:
            categories |= read_categories(_below(root, LISTS, CATEGORIES))
        files = {kind: _pictures(roots, kind, listed) for kind in KINDS}
        catalogue = catalogue_in(path)
        if not (catalogue or listed or any(files.values())):
            raise InputError(
                f"{path}: holds nothing of FiveK; name the folder with fivek_dataset/ or raw_photos/ of the archive in it, or the "
                "one that `attiqa fivek get` wrote, with img/dng/"
            )
        return cls(path, files, listed, licences, categories, catalogue)

    @cached_property
    def names(self) -> dict[int, str]:
        """The names of all photos that a list or a file names, by number, in order."""
        found = {number: plain_name(file.name) for kind in self.files.values() for number, file in kind.items()}
        return dict(sorted((found | dict(self.listed)).items()))

    @cached_property
    def headers(self) -> dict[int, Header]:
        """What the raws' own headers say, by number: camera and time. Opens every raw, and reads a few kB of each."""
        return {number: read_header(file) for number, file in self.files[RAW].items()}

    @cached_property
    def cameras(self) -> dict[int, str]:
        """The camera of each raw that is here by number, "" where it does not say: of cameras.csv, else of the raw's header."""
        return {number: self.camera(number) or "" for number in self.files[RAW]}

    def camera(self, number: int) -> str | None:
        """Return the camera of a photo as "Canon EOS 5D", None where nothing says it.

        What cameras.csv says counts where no raw is here, or one of the bytes that it names; else the raw's header is read.
        """
        raw, kept = self.raw(number), self.kept_cameras.get(number)
        if kept is not None and (raw is None or raw.stat().st_size == kept.bytes):
            return kept.camera or None
        return read_header(raw).camera if raw else None

    @cached_property
    def kept_cameras(self) -> Mapping[int, Head]:
        """What cameras.csv says, by number; empty without it."""
        return read_cameras(self.path)

    @cached_property
    def photos(self) -> dict[int, Photo]:
        """Every photo that a list or a file names, by number, in order."""
        return {
            number: Photo(number, name, self.licences.get(number), self.categories.get(number))
            for number, name in self.names.items()
        }

    def raw(self, number: int) -> Path | None:
        """Return the DNG of a photo, None if it is not there."""
        return self.files[RAW].get(number)

    def expert(self, expert: str, number: int) -> Path | None:
        """Return an expert's 16-bit TIFF, None if it is not there; `expert` is "a" to "e", or a capital."""
        assert expert.lower() in EXPERTS, expert
        return self.files[expert.lower()].get(number)

    def input(self, number: int) -> Path | None:
        """Return the neutral input (InputAsShotZeroed) as a 16-bit TIFF, None if it is not there."""
        return self.files[INPUT].get(number)


def catalogue_in(path: Path) -> Path | None:
    """Return Lightroom's catalogue in a folder of FiveK, None if it is not there."""
    places = (root / each for root in _roots(path) for each in CATALOGUES)
    return next((place for place in places if place.is_file()), None)


def _roots(path: Path) -> list[Path]:
    return [path / root for root in ROOTS if (path / root).is_dir()]


def _lists(roots: Iterable[Path]) -> list[Path]:
    return [root / each for root in roots for each in LISTS if (root / each).is_dir()]


def _below(root: Path, folders: Iterable[str], name: str) -> Path:
    return next((root / each / name for each in folders if (root / each / name).is_file()), root / name)


def _pictures(roots: Iterable[Path], kind: str, listed: Mapping[int, str]) -> dict[int, Path]:
    """Files of one kind by number, single files before the archive's. Of two for one photo the one with the listed name counts."""
    found: dict[int, Path] = {}
    for folder in _folders(roots, kind):
        for file in _files(folder):
            number = number_of(file.name)
            if number is None or file.suffix.lower() not in _suffixes(kind):
                continue
            is_listed = listed.get(number) == plain_name(file.name)
            if number not in found or (is_listed and plain_name(found[number].name) != listed[number]):
                found[number] = file
    return dict(sorted(found.items()))


def _files(folder: Path) -> list[Path]:
    """The files of one folder, by name; where the disk is far away, listing them costs less than asking after each."""
    with os.scandir(folder) as entries:
        return [folder / name for name in sorted(entry.name for entry in entries if _is_file(entry))]


def _is_file(entry: os.DirEntry[str]) -> bool:
    """Whether it is one, at its end if it is a link; a link that leads in a circle is none."""
    try:
        return entry.is_file()
    except OSError:
        return False


def _suffixes(kind: str) -> tuple[str, ...]:
    return (".dng",) if kind == RAW else (".tif", ".tiff")


def _folders(roots: Iterable[Path], kind: str) -> Iterator[Path]:
    """Where pictures of a kind may lie, those that are there: img/dng, dng, and for raws the archive's folders, and the folder itself."""
    for root in roots:
        single = KINDS[kind].folder
        short = single.removeprefix("img/")
        patterns = (single, short, f"processed/{short}", *(ARCHIVE_RAWS if kind == RAW else ()))
        for pattern in patterns:
            yield from sorted(folder for folder in root.glob(pattern) if folder.is_dir())
        if kind == RAW:
            yield root
