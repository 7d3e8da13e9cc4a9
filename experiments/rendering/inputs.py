"""Which raws a run is about: files, folders, globs and a list on standard input, each with its path below what was named."""

import glob
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from attiqa_core.errors import InputError
from experiments.options.raw_words import STDIN, is_glob
from isp_env.fivek.address import is_address, raws_at
from isp_env.raw_io.find import RAW_SUFFIXES, find_raws


@dataclass(frozen=True)
class Source:
    """One raw, and its path below the folder that was named: what the output's path mirrors."""

    path: Path
    below: PurePath


def find_sources(words: Sequence[Path], listing: bytes = b"") -> list[Source]:
    """Return every raw named, each once: files as they are given, those inside folders (all depths), and in `listing`.

    Of one folder the paths begin inside it, of several at their names. Single files stand at the top, those of one name
    below the folders by which they differ. A file of the list that is not there is one of the raws: it fails by itself.
    Raises: InputError if a word names nothing, or no raw is found.
    """
    named = [path for word in words for path in _named(word, listing)]
    if not named and words:
        raise InputError("-: the list on standard input is empty; give a path a line, or separated by NUL")
    folders = list({os.path.abspath(path): path for path in named if path.is_dir()}.values())  # noqa: PTH100
    files = list(dict.fromkeys(path for path in named if not path.is_dir()))
    found = [*_of_folders(folders), *_of_files(files)]
    once = {os.path.abspath(source.path): source for source in reversed(found)}  # noqa: PTH100  # links stay links
    if not once:
        names = ", ".join(map(str, words))
        raise InputError(f"{names}: no raw files found; give raw files (.dng, .nef, .cr3, ...) or their folder")
    return sorted(once.values(), key=lambda source: source.path)


def find_in_folders(folders: Sequence[Path]) -> list[Source]:
    """Return the raws that are inside folders now, none being no mistake: what a watch looks at again and again."""
    return sorted(_of_folders(folders), key=lambda source: source.path)


def paths_of_list(listing: bytes) -> list[Path]:
    """Return the paths of a list: separated by NUL where there is any, else one a line; empty ones do not count."""
    by_nul = b"\0" in listing
    entries = listing.split(b"\0" if by_nul else b"\n")
    return [Path(os.fsdecode(entry)) for each in entries if (entry := each if by_nul else each.rstrip(b"\r"))]


def _named(word: Path, listing: bytes) -> list[Path]:
    if word == STDIN:
        return paths_of_list(listing)
    if is_address(word):
        return list(raws_at(word).values())
    if not is_glob(word):
        return [word]
    matches = [Path(match) for match in sorted(glob.glob(str(word), recursive=True))]  # noqa: PTH207  # of any root
    taken = [path for path in matches if path.is_dir() or path.suffix.lower() in RAW_SUFFIXES]
    if not taken:
        raise InputError(f"{word}: matches no raw file or folder; is the pattern right?")
    return taken


def _of_folders(folders: Sequence[Path]) -> list[Source]:
    found = []
    for folder, prefix in zip(folders, _prefixes(folders), strict=True):
        try:
            inside = find_raws([folder])
        except InputError:
            continue  # an empty card beside a full one
        found += [Source(path, prefix / path.relative_to(folder)) for path in inside]
    return found


def _prefixes(folders: Sequence[Path]) -> list[PurePath]:
    """Nothing for one folder; else as much of the end of each path as tells them apart."""
    if len(folders) < 2:
        return [PurePath()] * len(folders)
    parts = [PurePath(os.path.abspath(folder)).parts[1:] for folder in folders]  # noqa: PTH100
    for length in range(1, max(map(len, parts)) + 1):
        tails = [PurePath(*each[-length:]) for each in parts]
        if len({str(tail).casefold() for tail in tails}) == len(tails):
            return tails
    return [PurePath(*each) for each in parts]


def _of_files(files: Iterable[Path]) -> list[Source]:
    """At the top; those of one name below the folders by which they differ."""
    files = list(files)
    counts = Counter(path.name.casefold() for path in files)
    twice = [path for path in files if counts[path.name.casefold()] > 1]
    absolute = {path: PurePath(os.path.abspath(path)) for path in twice}  # noqa: PTH100
    common = os.path.commonpath([path.parent for path in absolute.values()]) if twice else ""
    return [
        Source(path, absolute[path].relative_to(common) if path in absolute else PurePath(path.name)) for path in files
    ]
