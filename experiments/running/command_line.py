"""A verb's options from the words of a command line, or from the TOML file that stands for them."""

import importlib
import typing
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError, UsageError
from attiqa_core.remote.address import survives_as_path

MODULES = {"recipe": "recipe_export"}
"""Verbs whose modules have another name: `experiments.options.recipe` is about what a run is made of."""

NOWHERE: Mapping[tuple[str, str], str] = {
    (
        "bake",
        "--isp",
    ): "a store holds raws that were changed in their samples, and another program reads files as they are; name the "
    "raws themselves to `attiqa train --isp`, whose pictures are kept by content (--isp-cache)",
}
"""Options that a verb does not have by design, though others of its kind do: why, and what to do instead."""


def parse(verb: str, words: list[str]) -> Any:
    """Return a verb's options, unchecked. Raises: UsageError if nothing is given where something is needed."""
    import tyro

    options = importlib.import_module(f"experiments.options.{module_of(verb)}").Config
    positional = positional_fields(options)
    needed = [each for each in fields(options) if each.default is MISSING and each.default_factory is MISSING]
    if needed and not words:
        raise UsageError(f"usage: attiqa {verb} {_needed(needed, positional)}; `attiqa {verb} --help` explains them")
    for (other, option), why in NOWHERE.items():
        if verb == other and any(word == option or word.startswith(f"{option}=") for word in words):
            raise UsageError(f"{option}: attiqa {verb} has none, for {why}")
    if lost := [word for word in words if not survives_as_path(word)]:
        raise UsageError(f"{lost[0]}: an address with // or /./ inside is not read; write it with one slash")
    return tyro.cli(
        options,
        args=expand_config(words, positional),
        prog=f"attiqa {verb}",
        config=(tyro.conf.OmitArgPrefixes,),
    )


def parse_stored(verb: str, options: Mapping[str, object], path: Path) -> Any:
    """Return a verb's options as the file `path` keeps them, flat: unchecked."""
    positional = positional_fields(importlib.import_module(f"experiments.options.{module_of(verb)}").Config)
    return parse(verb, _with([], path, options, positional))


def module_of(verb: str) -> str:
    """Return the name of the modules behind a verb: "study export" is study_export."""
    return MODULES.get(verb, verb.replace(" ", "_").replace("-", "_"))


def _needed(options: list[Field], positional: frozenset[str]) -> str:
    """What a command cannot do without, as IMAGES... or --out OUT."""
    words = []
    for each in options:
        value = each.name.upper() + ("..." if ", ...]" in str(each.type) else "")
        words.append(value if each.name in positional else f"--{each.name} {value}")
    return " ".join([*words, "[OPTIONS]"])


def positional_fields(config_class: type) -> frozenset[str]:
    """Return the names of the options that are given without a flag."""
    import tyro

    hints = typing.get_type_hints(config_class, include_extras=True)
    marker = typing.get_args(tyro.conf.Positional[int])[1]
    return frozenset(name for name, hint in hints.items() if marker in getattr(hint, "__metadata__", ()))


def expand_config(words: list[str], positional: frozenset[str] = frozenset()) -> list[str]:
    """Replace each `--config FILE.toml` by the words that the file stands for; flags after it win.

    Raises: UsageError if the file is missing or is not flat TOML.
    """
    expanded: list[str] = []
    rest = iter(words)
    for word in rest:
        if word != "--config":
            expanded.append(word)
            continue
        given = next(rest, "")
        if not given or given.startswith("--"):
            raise UsageError("--config: needs a TOML file; `attiqa COMMAND --help` lists what may stand in it")
        path = Path(given)
        from attiqa_core.files.described import read_toml  # so that --help needs no package of others

        try:
            options = read_toml(path)
        except InputError as error:
            raise UsageError(f"--config {error}") from error
        expanded = _with(expanded, path, options, positional)
    return expanded


def _with(words: list[str], path: Path, options: Mapping[str, object], positional: frozenset[str]) -> list[str]:
    """Return words and those that options stand for, which `path` has."""
    for name, value in options.items():
        flag = _as_flag(path, name, value)
        words = [*flag[1:], *words] if name in positional else [*words, *flag]
    return words


def _as_flag(path: Path, name: str, value: object) -> list[str]:
    flag = "--" + name.replace("_", "-")
    if isinstance(value, bool):
        return [flag if value else f"--no-{flag[2:]}"]
    if isinstance(value, dict):
        raise UsageError(f"--config {path}: [{name}] is a table; options stand at the top level")
    return [flag, *(str(item) for item in value)] if isinstance(value, list) else [flag, str(value)]
