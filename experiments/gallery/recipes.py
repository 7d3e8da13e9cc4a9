"""What a recipe beside a picture says, as a page shows it: parameters that were moved, who chose them, corrections."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from experiments.gallery.found import stem_of
from experiments.options.recipe_files import read_table
from experiments.options.render_folder import RECIPE_SUFFIX
from isp_env.parameters.table import KNOWN, PARAMETERS, Parameter

LONGEST_TEXT = 300
TUNER_FIELDS = ("policy", "profile", "file", "goal")


def read_recipe(picture: Path) -> dict[str, Any]:
    """Return what is said of a picture, ready for JSON; what the recipe does not hold is left out, all of it where there is none.

    `params`: those that differ from identity. `tuner`: in words. `applied`, `not_applied`: corrections.
    `problem`: a sentence about a recipe that cannot be read.
    """
    path = picture.with_name(stem_of(picture.name) + RECIPE_SUFFIX)
    if not path.is_file():
        return {}
    try:
        content = read_table(path)
    except (OSError, ValueError) as error:
        return {"problem": str(error)[:LONGEST_TEXT] or f"{path.name}: cannot be read"}
    facts = {
        "recipe": path.name,
        "params": moved(content.get("params")),
        "tuner": _tuner(content),
        **_corrections(content.get("corrections")),
    }
    return {name: value for name, value in facts.items() if value not in (None, "", [])}


def moved(params: Any) -> dict[str, float]:
    """Return the parameters that differ from identity by more than rounding, in the order of the table; others' names come last."""
    if not isinstance(params, Mapping):
        return {}
    numbers = {str(name): number for name, value in params.items() if (number := _number(value)) is not None}
    known = {name: numbers[name] for name, row in KNOWN.items() if name in numbers and _differs(row, numbers[name])}
    return {**known, **{name: value for name, value in numbers.items() if name not in KNOWN}}


def parameter_rows(names: set[str]) -> list[dict[str, Any]]:
    """Return the table of parameters for JSON: those of every picture, and the further ones among `names`."""
    usual = {row.name for row in PARAMETERS}
    return [
        {"name": row.name, "unit": row.unit, "low": row.low, "high": row.high, "identity": row.identity, "doc": row.doc}
        for row in KNOWN.values()
        if row.name in usual or row.name in names
    ]


def _differs(row: Parameter, value: float) -> bool:
    return abs(value - row.identity) > 1e-4 * (row.high - row.low)


def _tuner(content: Mapping[str, Any]) -> str:
    """Older recipes hold the fields of `source` beside `tuner`."""
    source = content["source"] if isinstance(content.get("source"), Mapping) else content
    said = [_in_short(source[name]) for name in TUNER_FIELDS if source.get(name)]
    return ": ".join(each[:LONGEST_TEXT] for each in [str(content.get("tuner", "")), ", ".join(said)] if each)


def _in_short(value: Any) -> str:
    """A path's last two parts, what else stands there as it is."""
    return "/".join(Path(value).parts[-2:]) if isinstance(value, str) else str(value)


def _corrections(content: Any) -> dict[str, list[str]]:
    if not isinstance(content, Mapping):
        return {}
    kinds = ("applied", "not_applied")
    return {
        kind: [str(each)[:LONGEST_TEXT] for each in content[kind]]
        for kind in kinds
        if isinstance(content.get(kind), list)
    }


def _number(value: Any) -> float | None:
    """A finite number, rounded to what is shown."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(f"{value:.6g}") if math.isfinite(value) else None
    except OverflowError:  # an integer of 400 digits
        return None
