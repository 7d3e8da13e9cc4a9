"""What decides the pixels of a picture besides its raw, as one hash: equal hashes, equal pictures."""

import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import rawpy

from attiqa_core.files.whole import sha256


@dataclass(frozen=True)
class Settings:
    """All of it, as JSON has it: what chose the parameters (or they themselves), the options of the output, the versions."""

    chosen: Mapping[str, Any]
    output: Mapping[str, Any]
    versions: Mapping[str, Any]

    @property
    def sha256(self) -> str:
        """One hash of everything."""
        text = json.dumps([self.chosen, self.output, self.versions], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def differing(self, recipe: Mapping[str, Any]) -> str:
        """Return in words what a recipe of another hash was made with, as far as it says so."""
        before, now = recipe.get("versions", {}), self.versions
        if before != now:
            changed = [name for name in now if before.get(name) != now[name]]
            return f"made with another {changed[0] if changed else 'version'}"
        for told, here in ((recipe.get("output", {}), self.output), (recipe.get("params", {}), self.chosen)):
            names = [name for name in here if told.get(name) != here[name]]
            if names and told.keys() & here.keys():
                return f"made with {names[0]} {_word(told.get(names[0]))}, not {_word(here[names[0]])}"
        return "made with other parameters or another policy"


def _word(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def as_json(value: Any) -> Any:
    """Return a value as JSON reads it back; a path that leads to a file brings the hash of its content."""
    return json.loads(json.dumps(value, default=_path))


def _path(value: object) -> Any:
    if isinstance(value, Path):
        return {"path": str(value), "sha256": sha256(value)} if value.is_file() else str(value)
    return str(value)


@functools.cache
def versions() -> dict[str, str]:
    """Return what renders: this package, a hash of the ISP's source, and LibRaw."""
    return {
        "attiqa-isp": metadata.version("attiqa-isp"),
        "isp": _hash_of_source(),
        "libraw": ".".join(map(str, rawpy.libraw_version)),
    }


def _hash_of_source() -> str:
    """The start of a hash over all files of `isp_env`, so that a change to a stage counts before a version does."""
    root = Path(str(resources.files("isp_env")))
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*")):
        if path.suffix in (".py", ".h", ".cpp"):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
