"""Profiles by name, or from a TOML file that freezes some parameters and gives others a range of their own.

[profile]
base = "core"            # core, core+lens, core+curve or exposure8

[frozen]
hue_deg = 0.0            # never moved by an action

[ranges]
exposure_ev = [-2, 2]    # holds identity; as wide as the stage allows at most
"""

import math
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.toml_tables import read_tables
from isp_env.parameters.profiles import CORE, PROFILES, Control, Profile, refuse_beyond
from isp_env.parameters.table import KNOWN

TABLES = ("profile", "frozen", "ranges")


def find_profile(reference: str | Path | Profile) -> Profile:
    """Return the profile of that name, or the one that a TOML file describes.

    Raises: UsageError for neither a name nor a .toml file; InputError as `read_profile`.
    """
    if isinstance(reference, Profile):
        return reference
    if (shipped := PROFILES.get(str(reference))) is not None:
        return shipped
    if Path(reference).suffix != ".toml":
        raise UsageError(f"--profile {reference}: is not {', '.join(PROFILES)} or a .toml file")
    return read_profile(Path(reference))


def read_profile(path: Path) -> Profile:
    """Return the profile of a TOML file, called by the file's stem. Raises: InputError naming the file and the key."""
    tables = read_tables(path, dict.fromkeys(TABLES))
    profile, frozen, ranges = (tables.get(name, {}) for name in TABLES)
    if extra := [key for key in profile if key != "base"]:
        raise InputError(f"{path}: [profile] {extra[0]}: is not known; [profile] holds `base` alone")
    base = PROFILES.get(str(profile.get("base", CORE.name)))
    if base is None:
        raise InputError(f"{path}: [profile] base = {profile['base']!r}: is not {', '.join(PROFILES)}")
    if both := [name for name in frozen if name in ranges]:
        raise InputError(f"{path}: [ranges] {both[0]}: is under [frozen], too; keep one of them")
    values = {name: _frozen(path, name, value) for name, value in frozen.items()}
    own = {name: _own(path, base, name, ends) for name, ends in ranges.items()}
    controls = tuple(own.get(each.name, each) for each in base.controls if each.name not in values)
    if not controls:
        raise InputError(f"{path}: [frozen] leaves no parameter of {base.name} to tune; free one")
    return Profile(path.stem, controls, tuple(values.items()))


def _frozen(path: Path, name: str, value: Any) -> float:
    _refuse(path, "frozen", name, value)
    return float(value)


def _own(path: Path, base: Profile, name: str, ends: Any) -> Control:
    if not isinstance(ends, list) or len(ends) != 2:
        raise InputError(f"{path}: [ranges] {name}: give two numbers, [low, high]")
    _refuse(path, "ranges", name, *ends)
    if name not in base.names:
        raise InputError(f"{path}: [ranges] {name}: is no control of {base.name}; choose another base")
    (low, high), identity = ends, KNOWN[name].identity
    if not low < high:
        raise InputError(f"{path}: [ranges] {name} = [{low:g}, {high:g}]: low has to be below high")
    if not low <= identity <= high:
        raise InputError(
            f"{path}: [ranges] {name} = [{low:g}, {high:g}]: has to hold {identity:g}, which changes nothing"
        )
    return Control.of(KNOWN[name], float(low), float(high))


def _refuse(path: Path, table: str, name: str, *values: Any) -> None:
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise InputError(f"{path}: [{table}] {name}: {value!r} is not a number")
    try:
        refuse_beyond(name, *values)
    except InputError as error:
        raise InputError(f"{path}: [{table}] {error}") from error
