"""Recipes as `attiqa render` writes them, and the raws that they are about."""

import glob
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.regular import is_file
from attiqa_core.files.whole import sha256
from experiments.options.recipe_files import read_table
from experiments.options.render_folder import RECIPE_SUFFIX
from isp_env.parameters.profiles import CORE, Profile
from isp_env.params import IspParams


@dataclass(frozen=True)
class StoredRecipe:
    """One recipe: its file, the raw's name or path as it stands there ("" where none does), and the parameters.

    `size` in bytes and `sha256` are the raw's, None and "" where it says neither; `reading`: what the sensor was said to be.
    """

    path: Path
    raw: str
    params: IspParams
    size: int | None = None
    sha256: str = ""
    reading: Mapping[str, Any] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        """The name of the picture without its suffix."""
        return self.path.name.removesuffix(RECIPE_SUFFIX).removesuffix(".json")

    def find_raw(self, given: Path | None) -> Path:
        """Return the raw: the file given, or that of its name and content in the folder given, else beside the recipe or where it was.

        Raises: InputError that says where it was looked for, and whether another raw of that name is there.
        """
        if given is not None and is_file(given):
            return given
        if not self.raw:
            raise InputError(f"{self.path}: names no raw; give it with --raw")
        name = Path(self.raw).name
        where = given or self.path.parent
        places = [where / self.raw, where / name]
        places += [Path(self.raw)] if given is None else sorted(given.rglob(glob.escape(name)))
        there = [place for place in dict.fromkeys(places) if is_file(place)]
        if not there:
            raise InputError(f"{self.path}: its raw {name} is not in {where}; name the raw or its folder with --raw")
        found = next(filter(self._is_its_raw, there), None)
        if found is None:
            raise InputError(
                f"{self.path}: {there[0]} is not the raw that it was made of, by its content; name the raw itself with --raw"
            )
        return found

    def _is_its_raw(self, path: Path) -> bool:
        return self.size in (None, path.stat().st_size) and self.sha256 in ("", sha256(path))


def params_of(path: Path, values: Mapping[str, float], profile: Profile = CORE) -> IspParams:
    """Return the parameters that a file holds; what it does not name is at the profile's default. Raises: InputError naming it."""
    try:
        return IspParams.from_dict(values, profile=profile)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def read_recipe(path: Path) -> StoredRecipe:
    """Return the recipe of a file, of either schema. Raises: InputError naming the file."""
    otherwise = "is no recipe; name a NAME.recipe.json that `attiqa render` wrote"
    content = read_table(path, otherwise)
    if not isinstance(content.get("params"), dict):
        raise InputError(f"{path}: {otherwise}")
    raw, output = content.get("raw", ""), content.get("output")
    raw = raw if isinstance(raw, dict) else {"name": raw}  # a name alone before `attiqa-recipe/1`
    name = next((raw[key] for key in ("path", "file", "name") if isinstance(raw.get(key), str)), "")
    reading = output.get("reading") if isinstance(output, dict) else None
    params = params_of(path, content["params"])
    size, digest = raw.get("size"), raw.get("sha256")
    return StoredRecipe(
        path,
        name,
        params,
        size=size if isinstance(size, int) else None,
        sha256=digest if isinstance(digest, str) else "",
        reading=reading if isinstance(reading, dict) else {},
    )
