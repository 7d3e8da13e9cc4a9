"""Pictures found: whether, what and how much lies at a path, on this machine or at an address, and the files below it."""

import logging
import os
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.names import shown
from attiqa_core.remote import store
from attiqa_core.remote.address import as_written, is_remote

log = logging.getLogger(__name__)
IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"})


def is_there(path: Path) -> bool:
    """Return whether a file, folder or link is there. Raises: InputError if nobody answers at an address."""
    return store.exists(path) if is_remote(path) else path.exists() or path.is_symlink()


def is_folder(path: Path) -> bool:
    """Return whether a path is a folder."""
    return store.is_folder(path) if is_remote(path) else path.is_dir()


def size_of(path: Path) -> int:
    """Return a file's bytes. Raises: OSError or InputError if it is not there."""
    return store.size_of(path) if is_remote(path) else path.stat().st_size


def find_images(paths: Sequence[Path | str]) -> list[Path]:
    """Return the image files among `paths`, folders searched to any depth, sorted, each once.

    A file named directly is kept whatever its suffix. Raises: InputError if a path is missing or nothing is found.
    """
    return list(iterate_images(paths))


def iterate_images(paths: Sequence[Path | str]) -> Iterator[Path]:
    """Yield the same one by one, a folder at a time in memory, never all."""
    if not paths:
        raise UsageError("no images named; give image files or folders")
    paths = [Path(path) for path in paths]
    came: set[Path] = set()
    found = False
    for path in paths:
        if not is_there(path):
            raise InputError(f"{as_written(path)}: no such file or folder")
        for file in files_below(path, IMAGE_SUFFIXES) if is_folder(path) else iter([path]):
            if file not in came and not any(_is_found_below(file, folder) for folder in came):
                found = True
                yield file
        came.add(path)
    if not found:
        named = ", ".join(shown(as_written(path)) for path in paths)
        raise InputError(f"{named}: no images here; looked for {', '.join(sorted(IMAGE_SUFFIXES))}")


def _is_found_below(file: Path, folder: Path) -> bool:
    """Whether a search of the folder, if it is one, yields the file."""
    if folder not in file.parents or file.suffix.lower() not in IMAGE_SUFFIXES:
        return False
    return not any(part.startswith(".") for part in file.relative_to(folder).parts)


def files_below(folder: Path, suffixes: Set[str]) -> Iterator[Path]:
    """Yield the files of these suffixes at any depth, in the order of sorted paths, one folder in memory at a time.

    What is hidden (.name) is left out; links are followed, a link to nothing is yielded so that reading it says so, and
    one that leads back to a folder above it is passed over, which a warning says.
    Raises: InputError if an address cannot be listed.
    """
    if is_remote(folder):
        return (file for file, _ in store.files_below(folder) if file.suffix.lower() in suffixes)
    return _files_here(folder, suffixes)


def _files_here(folder: Path, suffixes: Set[str], above: tuple[Path, ...] = ()) -> Iterator[Path]:
    if (real := folder.resolve()) in above:
        log.warning("attiqa: %s: links back to a folder that holds it; passed over", shown(folder))
        return
    with os.scandir(folder) as entries:
        visible = sorted((entry.name, _has_files(entry)) for entry in entries if not entry.name.startswith("."))
    for name, has_files in visible:
        if has_files:
            yield from _files_here(folder / name, suffixes, (*above, real))
        elif os.path.splitext(name)[1].lower() in suffixes:  # noqa: PTH122 - a Path for each name costs more
            yield folder / name


def _has_files(entry: os.DirEntry) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # links in a circle; reading one says so
        return False


def absolute(path: Path) -> Path:
    """Return a path from the root on, .. resolved and links kept; an address as it is."""
    return path if is_remote(path) else Path(os.path.abspath(path))  # noqa: PTH100 - Path.resolve follows links
