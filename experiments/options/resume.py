"""Whether a run that goes on is still the run that was begun: the one place that says so, for every command."""

import hashlib
import tomllib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from attiqa_core.datasets.rated import RatedImages
from attiqa_core.errors import InputError
from attiqa_core.files import read_json, sha256, write_json
from attiqa_core.runs import new_run, to_toml

FREE_ON_RESUME = ("out", "resume", "device", "compile", "cache_gb")
"""Options that may change between the parts of a run: the result does not depend on them, but for last bits."""

PART = ":"
"""In the name of an input: it is a part of the run, such as `arm:ours`, which later calls may add or leave out."""


def inputs_of(kind: str, keys: Sequence[str]) -> dict[str, str]:
    """Return what `meta.json` keeps of the input files: how many, and a hash of their names."""
    return {kind: str(len(keys)), f"{kind}_sha256": _digest(keys)}


def inputs_of_rated(rated: RatedImages) -> dict[str, str]:
    """Return what `meta.json` keeps of rated images: how many, a hash of their names, and one of their MOS."""
    return {**inputs_of("images", rated.names), "mos_sha256": _digest(map(repr, rated.mos.tolist()))}


def inputs_of_prompts(source: str) -> dict[str, str]:
    """Return what `meta.json` keeps of prompts: the hash of a prompts.json, nothing where they are known by name."""
    path = Path(source) / "prompts.json" if Path(source).is_dir() else Path(source)
    return {} if source in ("table1", "single") or not path.is_file() else {"prompts_sha256": sha256(path)}


def hash_of_files(path: Path) -> str:
    """Return one hash of a file, or of all files below a folder. Raises: InputError if there is none."""
    files = [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file())
    if not files:
        raise InputError(f"{path}: no such file")
    return _digest(map(sha256, files))


def _digest(words: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


def begin_or_resume(config: Any, inputs: dict[str, str], free: Sequence[str] = FREE_ON_RESUME) -> Path:
    """Return the run folder of a config with `out` and `resume`; its seed is 0 where there is none to choose.

    `inputs` are the hashes of all files that decide the result; a part (see `PART`) that a resumed run adds is noted.
    Raises: InputError if it was begun with other options (those in `free` may differ) or other inputs, or what is there is
    no run; UsageError if the folder is not empty and nothing is to be resumed.
    """
    if not config.resume or not config.out.is_dir() or not any(config.out.iterdir()):
        return new_run(config.out, config, seed=getattr(config, "seed", 0), inputs=inputs)
    meta = config.out / "meta.json"
    if not meta.exists():
        raise InputError(f"{config.out}: holds files but no run to go on with; name another folder with --out")
    _check_options(config, free)
    described = read_json(meta)
    _check_inputs(meta, described["inputs"], inputs)
    together = {**described["inputs"], **inputs}
    if together != described["inputs"]:
        write_json(meta, {**described, "inputs": together})
    return config.out


def _check_options(config: Any, free: Sequence[str]) -> None:
    path = config.out / "config.toml"
    before, now = tomllib.loads(path.read_text(encoding="utf-8")), tomllib.loads(to_toml(config))
    for name in sorted(before.keys() | now.keys()):
        if name not in free and before.get(name) != now.get(name):
            raise InputError(f"{path}: was begun with {name} {before.get(name)}, not {now.get(name)}; use the same")


def _check_inputs(meta: Path, before: dict[str, str], now: dict[str, str]) -> None:
    for name in sorted(before.keys() | now.keys()):
        if PART in name and (name not in before or name not in now):
            continue
        if before.get(name) != now.get(name):
            raise InputError(
                f"{meta}: was begun with other files: {name} was {_short(before.get(name))} and is"
                f" {_short(now.get(name))}; give the files that it was begun with, or another --out"
            )


def _short(value: str | None) -> str:
    return "not recorded" if value is None else value if len(value) <= 40 else f"{value[:12]}…"
