"""Pictures and recipes on their way into place: whole or not there, whenever the process ends."""

import shutil
from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, sha256, sync_folder, write_json
from experiments.options.render_folder import PRIVATE, RECIPE_SUFFIX

STAGING = "staging"


def staging(out: Path, part: str = "") -> Path:
    """Return the folder, on the same disk, in which everything is made that is not finished; each part has its own."""
    return out / PRIVATE / (f"{STAGING}-{part}" if part else STAGING)


def staged(out: Path, place: PurePath, ending: str, part: str = "") -> Path:
    """Return where a file that is to lie at `place` is made, its folder ready."""
    path = staging(out, part) / f"{place}{ending}"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def put_in_place(
    out: Path, place: PurePath, suffix: str, recipe: dict[str, Any], further: Sequence[str] = (), part: str = ""
) -> None:
    """Move a staged picture to its place, and after it its recipe, which is on disk before; `further` files beside it go first.

    Afterwards all of them are there after a power cut as well, under their names.
    Killed between the two, `complete` finds a recipe without a place whose picture has one.
    """
    write_json(staged(out, place, RECIPE_SUFFIX, part), recipe)
    (out / place).parent.mkdir(parents=True, exist_ok=True)
    for name in further:
        staged(out, place.with_name(name), "", part).replace(out / place.with_name(name))
    for ending in (suffix, RECIPE_SUFFIX):
        staged(out, place, ending, part).replace(out / f"{place}{ending}")
    sync_folder((out / place).parent)


def complete(out: Path, part: str = "") -> None:
    """Put the recipes into place whose pictures are there already, and remove what else an ended process left.

    Of one part, or without one of the whole run and all of its parts.
    """
    for folder in _folders(out, part):
        for path in sorted(folder.rglob(f"*{RECIPE_SUFFIX}")):
            target = out / path.relative_to(folder)
            if not path.name.startswith(".") and _is_of(path, target.parent):
                path.replace(target)
    clear(out, part)


def clear(out: Path, part: str = "") -> None:
    """Remove everything that is not finished, of one part or of the whole run."""
    for folder in _folders(out, part):
        shutil.rmtree(folder, ignore_errors=True)


def _folders(out: Path, part: str) -> list[Path]:
    found = [staging(out, part)] if part else [staging(out), *sorted((out / PRIVATE).glob(f"{STAGING}-*"))]
    return [folder for folder in found if folder.is_dir()]


def _is_of(recipe: Path, folder: Path) -> bool:
    """Whether the picture that a recipe speaks of lies in a folder, with the bytes that it had."""
    try:
        told = read_json(recipe)["picture"]
        return sha256(folder / told["name"]) == told["sha256"]
    except (InputError, OSError, KeyError, TypeError):
        return False
