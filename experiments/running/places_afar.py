"""Which options may name an address, such as s3://: what is read there, and what is kept there."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from attiqa_core.errors import UsageError
from attiqa_core.remote.address import READ_ONLY, as_written, is_remote
from experiments.running.command_line import positional_fields

READ = {"label": ("photos",), "score": ("images",), "bake": ("photos",), "compare": ("a", "b")}
"""Verb -> options whose photos are read at addresses, without a copy here."""

KEPT = {"score": "csv", "merge": "run"}
"""Verb -> the option whose files are kept at an address; of all others that go on with --resume it is --out."""


def kept_option(verb: str, config: Any) -> str | None:
    """Return the name of the option whose place may be an address; None where a command has none."""
    runs = "out" if hasattr(config, "out") and hasattr(config, "resume") else None
    return KEPT.get(verb, runs)


def refuse_addresses(verb: str, config: Any) -> None:
    """Raises: UsageError for the first option that names an address where a path of this machine has to stand."""
    allowed = (*READ.get(verb, ()), kept_option(verb, config))
    for name, path in _paths(config):
        address = as_written(path)
        if name not in allowed:
            shown = name.upper() if name in positional_fields(type(config)) else flag(name)
            raise UsageError(f"{shown} {address}: is read and written on disks only; copy it to or from one yourself")
        if name == kept_option(verb, config) and address.startswith(READ_ONLY):
            raise UsageError(
                f"{flag(name)} {address}: can only be read; name a folder, or an address that can be written"
            )
    ray, kept = getattr(getattr(config, "scaling", None), "ray", None), kept_option(verb, config)
    if ray not in (None, "local") and kept is not None and is_remote(getattr(config, kept) or ""):
        raise UsageError(
            f"--ray {ray}: its machines share a disk; name a folder there with {flag(kept)} and copy it to "
            f"{as_written(getattr(config, kept))} after, or take --ray local or --shard"
        )


def flag(name: str) -> str:
    """Return what an option is called; `checks`, which has it too, loads NumPy."""
    return "--" + name.replace("_", "-")


def _paths(options: Any) -> Iterator[tuple[str, Path]]:
    """Every path among options, those of groups too, that stands for an address, with its option."""
    for each in fields(options):
        value = getattr(options, each.name)
        if is_dataclass(value):
            yield from _paths(value)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Path) and is_remote(item):
                yield each.name, item
