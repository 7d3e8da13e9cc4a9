"""What of FiveK is in a folder, and what is missing, damaged or doubtful, by name."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from attiqa_core.errors import InputError
from isp_env.fivek.doubts import doubts_of
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.headers import read_header
from isp_env.fivek.intact import damage_of
from isp_env.fivek.manifest import read_manifest
from isp_env.fivek.photos import EXPERTS, INPUT, KINDS, LICENCE_COUNTS, NUMBERS, PHOTOS, RAW, plain_name
from isp_env.raw_io.decoding.tiff_tags import UNREADABLE

Looked = tuple[str, int, Path]
"""What is looked at: a kind of picture, a photo's number, a file."""
Progress = Callable[[Sequence[Looked]], Iterable[Looked]]
Problem = tuple[Path, str]
"""A file, and what is wrong with it in a few words."""


@dataclass(frozen=True)
class FiveKSurvey:
    """What `survey` found. `missing`: of each kind of which a picture is there, the names or numbers of photos without it.

    `damaged` and `doubtful` are files with a few words; `notes` are sentences about lists, names and the catalogue.
    """

    folder: FiveKFolder
    missing: Mapping[str, tuple[str, ...]]
    damaged: tuple[Problem, ...]
    doubtful: tuple[Problem, ...]
    notes: tuple[str, ...]


def survey(folder: FiveKFolder, *, read_all: bool = False, progress: Progress = iter) -> FiveKSurvey:
    """Return what is there and what is wrong with it; `read_all` decodes every picture, which takes long.

    `progress` is given all that is looked at.
    """
    damaged, doubtful = dict(_differing(folder.path)), list[Problem]()
    for kind, number, path in progress(list(_files(folder))):
        if words := damage_of(path) or (_undecodable(path, kind) if read_all else None):
            damaged[path] = words
        elif kind == RAW:
            doubtful += [(path, words) for words in doubts_of(path, _picture(folder, number))]
    missing = {kind: tuple(_missing(folder, kind)) for kind in KINDS if folder.files[kind]}
    return FiveKSurvey(folder, missing, tuple(sorted(damaged.items())), tuple(doubtful), tuple(_notes(folder)))


def _files(folder: FiveKFolder) -> Iterator[Looked]:
    return ((kind, number, path) for kind in KINDS for number, path in folder.files[kind].items())


def _missing(folder: FiveKFolder, kind: str) -> Iterator[str]:
    return (folder.names.get(number, f"a{number:04}") for number in NUMBERS if number not in folder.files[kind])


def _picture(folder: FiveKFolder, number: int) -> Path | None:
    """A TIFF that was made of a raw, None if there is none."""
    return next((path for kind in (INPUT, *EXPERTS) if (path := folder.files[kind].get(number))), None)


def _differing(folder: Path) -> Iterator[Problem]:
    """Files that are no more as long as they were when they were fetched."""
    for name, row in read_manifest(folder).items():
        path = folder / name
        try:
            there = path.stat().st_size if path.is_file() else row.bytes
        except (OSError, ValueError):  # a name that is too long, or none of this system's
            continue
        if there != row.bytes:
            yield path, f"has {there:,} bytes, not the {row.bytes:,} that were fetched"


def _undecodable(path: Path, kind: str) -> str | None:
    """Why a picture cannot be decoded from its first pixel to its last, None if it can."""
    from isp_env.finished_pictures.expert_tiff import open_expert  # which needs torch, as raws do

    try:
        if kind == RAW:
            from isp_env.raw import RawFrame

            RawFrame.load(path)
        else:
            open_expert(path, "prophoto")
    except MemoryError:
        return "cannot be decoded (the picture that it claims to hold takes more memory than is here)"
    except (InputError, RuntimeError, *UNREADABLE) as error:  # RuntimeError: LibRaw's
        return f"cannot be decoded ({str(error).removeprefix(f'{path}: ')})"
    return None


def _notes(folder: FiveKFolder) -> Iterator[str]:
    if folder.catalogue is None:
        yield "catalogue: absent; raw_photos/fivek.lrcat is in fivek_dataset.tar alone"
    counts = {licence: list(folder.licences.values()).count(licence) for licence in LICENCE_COUNTS}
    if not any(counts.values()):
        yield "licences: filesAdobe.txt and filesAdobeMIT.txt are absent; all photos are for research only"
    elif counts != LICENCE_COUNTS:
        listed = ", ".join(f"{counts[licence]:,} of {total:,} {licence}" for licence, total in LICENCE_COUNTS.items())
        yield f"licences are listed for {listed} photos; the others' are unknown"
    if not folder.categories:
        yield "categories: categories.txt is absent"
    elif len(folder.categories) != PHOTOS:
        yield f"categories.txt lists {len(folder.categories):,} of {PHOTOS:,} photos"
    if differing := [*_of_other_cameras(folder)]:
        yield f"cameras.csv names other cameras than {len(differing)} raws: {', '.join(differing[:10])}; remove it"
    for kind, files in folder.files.items():
        strange = [path.name for number, path in files.items() if not _has_its_name(folder, number, path)]
        if strange:
            yield f"{len(strange)} names of {kind} differ from the lists: {', '.join(strange[:10])}"


def _of_other_cameras(folder: FiveKFolder) -> Iterator[str]:
    """The names of raws whose headers name another camera than cameras.csv, which is believed where it is there."""
    for number, raw in folder.files[RAW].items():
        kept = folder.kept_cameras.get(number)
        if kept is not None and (own := read_header(raw).camera) and own != kept.camera:
            yield raw.name


def _has_its_name(folder: FiveKFolder, number: int, path: Path) -> bool:
    return folder.listed.get(number, plain_name(path.name)) == plain_name(path.name)
