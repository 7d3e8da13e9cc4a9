"""Recipes as `attiqa render` writes them, and the raws that they are about."""

from dataclasses import dataclass
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.files import read_json
from experiments.options.render_folder import RECIPE_SUFFIX
from isp_env.params import IspParams


@dataclass(frozen=True)
class StoredRecipe:
    """One recipe: its file, the raw's name or path as it stands there ("" where none does), and the parameters."""

    path: Path
    raw: str
    params: IspParams

    @property
    def stem(self) -> str:
        """The name of the picture without its suffix."""
        return self.path.name.removesuffix(RECIPE_SUFFIX).removesuffix(".json")

    def find_raw(self, given: Path | None) -> Path:
        """Return the raw: the file given, or that of its name in the folder given, beside the recipe, or where it was.

        Raises: InputError that says where it was looked for.
        """
        if given is not None and given.is_file():
            return given
        if not self.raw:
            raise InputError(f"{self.path}: names no raw; give it with --raw")
        name = Path(self.raw).name
        places = (
            [self.path.parent / self.raw, self.path.parent / name]
            if given is None
            else [given / self.raw, given / name]
        )
        if given is not None:
            places += sorted(given.rglob(name))[:1]
        found = next((place for place in places if place.is_file()), None)
        if found is None:
            where = given or self.path.parent
            raise InputError(f"{self.path}: its raw {name} is not in {where}; name the raw or its folder with --raw")
        return found


def read_recipe(path: Path) -> StoredRecipe:
    """Return the recipe of a file, of either schema. Raises: InputError naming the file."""
    content = read_json(path)
    values = content.get("params") if isinstance(content, dict) else None
    if not isinstance(values, dict):
        raise InputError(f"{path}: is no recipe; name a NAME.recipe.json that `attiqa render` wrote")
    raw = content.get("raw", "")
    if isinstance(raw, dict):  # the schema of `attiqa render` from 0.4 on
        raw = next((raw[key] for key in ("path", "file", "name") if isinstance(raw.get(key), str)), "")
    try:
        return StoredRecipe(path, raw if isinstance(raw, str) else "", IspParams.from_dict(values))
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
