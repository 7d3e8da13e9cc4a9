"""The pictures of a folder, and of other folders those that are of the same raws."""

from collections.abc import Mapping
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.photos.places import IMAGE_SUFFIXES, files_below
from experiments.drawing.sheets import is_sheet

SUFFIXES = IMAGE_SUFFIXES | {".avif", ".jxl"}


def find_pictures(folder: Path, without: Path | None = None) -> dict[str, Path]:
    """Return the pictures below a folder by their path in it, in order; what is hidden, sheets and the folder `without` are left out.

    Raises: InputError if it is no folder, or links back to one above it.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: is no folder of pictures; name the one that `attiqa render` wrote with --out")
    found = {path.relative_to(folder).as_posix(): path for path in files_below(folder, SUFFIXES)}
    return {
        name: path
        for name, path in found.items()
        if not is_sheet(path) and (without is None or without not in path.parents)
    }


def by_stem(pictures: Mapping[str, Path]) -> dict[str, Path]:
    """Return pictures by their path without suffix; the first of several."""
    found: dict[str, Path] = {}
    for name, path in pictures.items():
        found.setdefault(stem_of(name), path)
    return found


def stem_of(name: str) -> str:
    """Return a picture's path without its suffix, by which pictures of one raw are matched."""
    return name[: -len(suffix)] if (suffix := Path(name).suffix) else name
