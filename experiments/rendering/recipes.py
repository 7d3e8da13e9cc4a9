"""Recipes, `attiqa-recipe/1`: how each picture was made, for whoever looks, and for a run that goes on."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.whole import sha256
from experiments.exports.recipes import params_of
from experiments.options.recipe_files import read_table
from experiments.rendering.names import shown
from isp_env.fitting.files import FORMAT as FITS_FORMAT
from isp_env.parameters.profiles import CORE, Profile
from isp_env.params import IspParams
from isp_env.raw import RawFrame

SCHEMA = "attiqa-recipe/1"
SCHEMA_FILE = Path(__file__).with_name("recipe.schema.json")
"""What a recipe holds, by name and kind."""

OF_THE_FRAME = ("demosaic_source", "colour_source", "wb_source", "noise_source", "exposure_source")
"""Fields of `RawFrame.metadata` that say where a number came from which a file may or may not state."""


def describe_frame(frame: RawFrame) -> dict[str, Any]:
    """Return what a recipe says about a frame: what was corrected and what not, and where its numbers come from."""
    nothing: dict[str, list[str]] = {"applied": [], "not_applied": []}
    sources = {name.removesuffix("_source"): frame.metadata[name] for name in OF_THE_FRAME if name in frame.metadata}
    return {"corrections": frame.metadata.get("corrections", nothing), "frame_sources": sources}


def describe_raw(path: Path) -> dict[str, Any]:
    """Return what a recipe says about a raw: its name, the path as it was given, and the content that tells it from others."""
    return {"name": shown(path.name), "path": shown(path), **describe_bytes(path)}


def describe_bytes(path: Path) -> dict[str, Any]:
    """Return the `sha256` and the `size` of a file."""
    return {"sha256": sha256(path), "size": path.stat().st_size}


def is_recipe(content: object) -> bool:
    """Return whether JSON is a recipe of this schema, as far as a run that goes on relies on it."""
    return (
        isinstance(content, dict)
        and content.get("schema") == SCHEMA
        and all(isinstance(content.get(name), dict) for name in ("raw", "params", "picture", "output", "versions"))
        and isinstance(content["picture"].get("name"), str)
    )


def read_params(path: Path, profile: Profile = CORE, changed: Mapping[str, float] | None = None) -> IspParams:
    """Return the parameters of a JSON file: a flat table of values, or a recipe of any version; `changed` ones win.

    What the file does not name is at the profile's default. Raises: InputError naming the file.
    """
    otherwise = 'holds no table of parameters; write {"exposure_ev": 0.3} for example'
    content = read_table(path, otherwise)
    if content.get("format") == FITS_FORMAT:
        raise InputError(
            f"{path}: has parameters of many raws; name one raw's below {path.parent / 'recipes'}, or prior.json of --as-prior"
        )
    values = content.get("params", content)
    if not isinstance(values, dict):
        raise InputError(f"{path}: {otherwise}")
    return params_of(path, {**values, **(changed or {})}, profile)
