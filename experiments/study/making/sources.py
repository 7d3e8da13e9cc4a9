"""What a study can show: the scenes that every folder has a picture of."""

from collections.abc import Mapping
from pathlib import Path

from attiqa_core.errors import InputError, first_of
from attiqa_core.photos.places import files_below
from experiments.drawing.pictures_by_name import pictures_by_name
from experiments.pictures.writing import PICTURE_SUFFIXES

Scenes = Mapping[str, Mapping[str, Path]]
"""Scene -> arm -> its picture."""


def find_scenes(folders: Mapping[str, Path]) -> tuple[Scenes, list[str]]:
    """Return the scenes that all folders hold, `folders` being arm -> folder, and a complaint for each that one lacks.

    A scene is a path below its folder without suffix. Raises: InputError if a folder is missing, or they share no scene.
    """
    found, complaints = {}, []
    for arm, folder in folders.items():
        found[arm], doubled = _pictures(folder)
        complaints += doubled
    names = sorted(set().union(*found.values()))
    lacking = {name: [folders[arm] for arm in folders if name not in found[arm]] for name in names}
    whole = {name: {arm: found[arm][name] for arm in folders} for name in names if not lacking[name]}
    if not whole:
        raise InputError(
            f"{' and '.join(map(str, folders.values()))}: no picture is in all of them under one name (JPEG, PNG or TIFF, "
            "by name without suffix); render the same raws into each"
        )
    complaints += [
        f"{name}: left out, not in {first_of([str(folder) for folder in folders])}"
        for name, folders in lacking.items()
        if folders
    ]
    return whole, complaints


def _pictures(folder: Path) -> tuple[dict[str, Path], list[str]]:
    """The pictures of a folder by name, and a complaint for each name that two have."""
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; name folders of rendered pictures")
    named = pictures_by_name(folder, files_below(folder, frozenset(PICTURE_SUFFIXES)))
    doubled = [
        f"{paths[0]}: skipped, as {paths[1].name} has the same name; leave one of them"
        for paths in named.values()
        if len(paths) > 1
    ]
    return {name: paths[0] for name, paths in named.items() if len(paths) == 1}, doubled
