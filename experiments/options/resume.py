"""Whether a run that goes on is still the run that was begun."""

import hashlib
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files import read_json, sha256
from attiqa_core.runs import new_run, to_toml

FREE_ON_RESUME = ("out", "resume", "device", "compile", "cache_gb")
"""Options that may change between the parts of a run: the result does not depend on them, but for last bits."""


def inputs_of(kind: str, keys: Sequence[str]) -> dict[str, str]:
    """Return what `meta.json` keeps of the input files: how many, and a hash of their names."""
    return {kind: str(len(keys)), f"{kind}_sha256": _digest(keys)}


def inputs_of_rated(rated: Any) -> dict[str, str]:
    """Return what `meta.json` keeps of rated images: how many, a hash of their names, and one of their MOS."""
    return {**inputs_of("images", rated.names), "mos_sha256": _digest(map(repr, rated.mos.tolist()))}


def inputs_of_prompts(source: str) -> dict[str, str]:
    """Return what `meta.json` keeps of prompts: the hash of a prompts.json, nothing where they are known by name."""
    path = Path(source) / "prompts.json" if Path(source).is_dir() else Path(source)
    return {} if source in ("table1", "single") or not path.is_file() else {"prompts_sha256": sha256(path)}


def _digest(words: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def begin_or_resume(config: Any, inputs: dict[str, str], free: Sequence[str] = FREE_ON_RESUME) -> Path:
    """Return the run folder of a config with `out` and `resume`; its seed is 0 where there is none to choose.

    Raises: InputError if it was begun with other options (those in `free` may differ) or other inputs; UsageError if the
    folder is not empty and nothing is to be resumed.
    """
    if config.resume and (config.out / "meta.json").exists():
        _check(config, inputs, free)
    return new_run(config.out, config, seed=getattr(config, "seed", 0), inputs=inputs, resume=config.resume)


def _check(config: Any, inputs: dict[str, str], free: Sequence[str]) -> None:
    path = config.out / "config.toml"
    before, now = tomllib.loads(path.read_text(encoding="utf-8")), tomllib.loads(to_toml(config))
    for name in sorted(before.keys() | now.keys()):
        if name not in free and before.get(name) != now.get(name):
            raise InputError(f"{path}: was begun with {name} {before.get(name)}, not {now.get(name)}; use the same")
    if read_json(config.out / "meta.json")["inputs"] != inputs:
        raise InputError(
            f"{config.out / 'meta.json'}: the files are not those that the run was begun with; give those, or another --out"
        )
