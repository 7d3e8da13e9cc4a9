"""Whether a raw's picture is there already, has to be made again, or is somebody else's."""

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, sha256
from experiments.options.render_folder import RECIPE_SUFFIX
from experiments.rendering.recipes import is_recipe
from experiments.rendering.settings import Settings


def reason_to_render(out: Path, place: PurePath, suffix: str, raw: Mapping[str, Any], settings: Settings) -> str | None:
    """Return why a picture is to be made: "new", or what is wrong with the one that is there; None where it is finished.

    Finished: its recipe tells of the same `raw` by content, with the same files beside it, of the same settings, and of a
    picture of those bytes.
    Raises: InputError if what is there is no picture of this raw, and would be lost.
    """
    picture, recipe = out / f"{place}{suffix}", out / f"{place}{RECIPE_SUFFIX}"
    if not recipe.exists():
        if picture.exists():
            raise InputError(
                f"{picture}: exists already and has no recipe of ours beside it; move it, or name another --out"
            )
        return "new"
    told = _read(recipe)
    if told["raw"].get("sha256") != raw["sha256"]:
        raise InputError(
            f"{recipe}: tells of another {told['raw'].get('name')}, of {told['raw'].get('path')}, whose picture would be "
            "lost; name another --out"
        )
    if told.get("settings_sha256") != settings.sha256:
        if told["picture"]["name"] != picture.name and picture.exists():
            raise InputError(
                f"{picture}: exists already and is not what {recipe.name} tells of; move it, or name another --out"
            )
        return settings.differing(told)
    if told["raw"].get("beside", {}) != raw["beside"]:
        return "made with another sensor file"
    if not picture.is_file():
        return "its picture is gone"
    if picture.stat().st_size != told["picture"].get("size"):
        return "its picture is not of the size that was written"
    if sha256(picture) != told["picture"].get("sha256"):
        return "its picture is not what was written"
    return None


def _read(recipe: Path) -> dict[str, Any]:
    content = _content(recipe)
    if not isinstance(content, dict) or not is_recipe(content):
        raise InputError(f"{recipe}: is no recipe of this version; move it, or name another --out")
    return content


def _content(path: Path) -> object:
    try:
        return read_json(path)
    except (InputError, OSError):
        return None
