"""What a TOML file says of a program that takes a raw and parameters and gives a picture. Readable without torch.

[program]
name = "rawtherapee"
command = ["rawtherapee-cli", "-o", "{out}", "-p", "{sidecar}", "-b16", "-n", "-c", "{raw}"]   # words; no shell reads them
version = ["rawtherapee-cli", "-v"]      # its first line tells one version's pictures from another's
timeout_s = 120

[output]
format = "png"                           # png, tiff, jpeg or ppm; display sRGB
bits = 16                                # 8 or 16; left out: whichever it is

[sidecar]
template = "rawtherapee.pp3"             # beside this file; {exposure_ev} stands there for the value

[parameters.exposure_ev]
low = -2
high = 2
default = 0                              # what changes nothing
format = ".3f"
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePath
from typing import Any

from attiqa_core.errors import InputError
from attiqa_core.files.toml_tables import read_tables
from isp_env.black_box.placeholders import OF_A_RUN, placeholders_in
from isp_env.black_box.settings import Setting, read_setting
from isp_env.parameters.profiles import Control, Profile

SUFFIXES = {"png": ".png", "tiff": ".tif", "jpeg": ".jpg", "ppm": ".ppm"}
LIGHT = "display sRGB"
KEYS = {
    "program": ("name", "command", "version", "timeout_s", "memory_mb", "environment"),
    "output": ("format", "bits", "light"),
    "sidecar": ("template",),
    "parameters": None,
}
USUAL_TIMEOUT_S = 120.0
LARGEST = 1e9  # of seconds and MB
NAME = re.compile(r"\w[\w .+-]{0,63}")
"""What a program may be called: its pictures are kept in a folder of this name."""


@dataclass(frozen=True)
class Sidecar:
    """A file of settings: its name, whose suffix the program may go by, and its text with placeholders."""

    name: str
    text: str


@dataclass(frozen=True)
class BlackBox:
    """A program: its command line and sidecar with placeholders, what it writes, and its parameters.

    `here` is the folder of the description; `environment` is added to ours. Nothing of it is ever read by a shell.
    """

    name: str
    command: tuple[str, ...]
    settings: tuple[Setting, ...]
    format: str = "png"
    bits: int | None = None
    sidecar: Sidecar | None = None
    version: tuple[str, ...] = ()
    timeout_s: float = USUAL_TIMEOUT_S
    memory_mb: float | None = None
    environment: tuple[tuple[str, str], ...] = ()
    here: str = "."

    @classmethod
    def load(cls, path: str | Path) -> "BlackBox":
        """Return what a TOML file describes. Raises: InputError, one sentence that names the file, the table and the key."""
        path = Path(path)
        tables = read_tables(path, KEYS)
        _refuse_nul(path, tables)
        program, output = tables.get("program", {}), tables.get("output", {})
        box = cls(
            _name(path, program.get("name")),
            _words(path, "[program] command", program.get("command")),
            _settings(path, tables.get("parameters", {})),
            _one_of(path, "[output] format", output.get("format", "png"), tuple(SUFFIXES)),
            _one_of(path, "[output] bits", output.get("bits"), (None, 8, 16)),
            _sidecar(path, tables.get("sidecar")),
            _words(path, "[program] version", program["version"]) if "version" in program else (),
            _above_zero(path, "[program] timeout_s", program.get("timeout_s", USUAL_TIMEOUT_S)),
            _above_zero(path, "[program] memory_mb", program["memory_mb"]) if "memory_mb" in program else None,
            _environment(path, program.get("environment", {})),
            str(path.resolve().parent),
        )
        _one_of(path, "[output] light", output.get("light", LIGHT), (LIGHT,))
        _refuse_placeholders(path, box)
        return box

    @property
    def suffix(self) -> str:
        """What the picture's name ends in."""
        return SUFFIXES[self.format]

    @cached_property
    def profile(self) -> Profile:
        """The controls of an action: every parameter over its range, identity being its default."""
        parameters = tuple(setting.parameter for setting in self.settings)
        return Profile(self.name, tuple(Control.of(each) for each in parameters), foreign=parameters)

    @cached_property
    def sha256(self) -> str:
        """A hash of all that a picture depends on: command, sidecar, output, environment, and what each parameter's values mean.

        Not of time-outs, ranges, words for people, or the program itself, whose version is asked for when it runs.
        """
        said = {
            "command": self.command,
            "sidecar": None if self.sidecar is None else (self.sidecar.name, self.sidecar.text),
            "output": (self.format, self.bits),
            "environment": self.environment,
            "parameters": [(each.parameter.name, each.format, each.whole, each.choices) for each in self.settings],
        }
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def texts(self, values: Mapping[str, float]) -> dict[str, str]:
        """Return each parameter's text; what `values` does not name is at its default. Raises: InputError for a name
        that is none, or a value that is not finite."""
        names = [setting.parameter.name for setting in self.settings]
        if strange := [name for name in values if name not in names]:
            raise InputError(f"{self.name}: has no parameter {strange[0]!r}; there is {', '.join(names)}")
        if broken := [name for name, value in values.items() if not math.isfinite(value)]:
            raise InputError(f"{self.name}: {broken[0]} is {values[broken[0]]}, which is no number")
        return {
            setting.parameter.name: setting.text(values.get(setting.parameter.name, setting.parameter.identity))
            for setting in self.settings
        }

    def described(self) -> dict[str, Any]:
        """Return what a policy's bundle says of the program, for JSON: to be compared and read, never to be run."""
        sidecar = None if self.sidecar is None else {"name": self.sidecar.name, "text": self.sidecar.text}
        kept = {"command": list(self.command), "format": self.format, "bits": self.bits, "sidecar": sidecar}
        return {"kind": "black box", "name": self.name, "sha256": self.sha256, **kept}


def _settings(path: Path, tables: Mapping[str, Any]) -> tuple[Setting, ...]:
    if not tables:
        raise InputError(f"{path}: has no parameters to tune; add [parameters.NAME] with low, high and default")
    return tuple(read_setting(f"{path}: [parameters.{name}]", name, table) for name, table in tables.items())


def _sidecar(path: Path, table: Mapping[str, Any] | None) -> Sidecar | None:
    if table is None:
        return None
    name = _word(path, "[sidecar] template", table.get("template"))
    try:
        text = (path.parent / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: [sidecar] template = {name!r}: cannot be read as text ({error})") from error
    return Sidecar(PurePath(name).name, text)


def _refuse_placeholders(path: Path, box: BlackBox) -> None:
    """Raises: InputError for a placeholder that is not known, or something known that stands nowhere."""
    names = [setting.parameter.name for setting in box.settings]
    template = [] if box.sidecar is None else [box.sidecar.text]
    there = placeholders_in([*box.command, *template])
    for name in there:
        if name not in OF_A_RUN and name not in names:
            known = ", ".join((*OF_A_RUN, *names))
            where = "[program] command" if name in placeholders_in(box.command) else "[sidecar] template"
            raise InputError(f"{path}: {where}: {{{name}}} is no parameter and nothing of a run; known are {known}")
    for name in placeholders_in(box.version):
        if name not in ("here", "python"):
            raise InputError(f"{path}: [program] version: {{{name}}} is not known there; known are here, python")
    needed = ("raw", "out", *(() if box.sidecar is None else ("sidecar",)))
    for name in needed:
        if name not in placeholders_in(box.command):
            raise InputError(f"{path}: [program] command: does not say {{{name}}}, {OF_A_RUN[name]}")
    if "sidecar" in there and box.sidecar is None:
        raise InputError(
            f"{path}: [program] command: says {{sidecar}}, and there is no table [sidecar]; add its template"
        )
    for name in names:
        if name not in there:
            raise InputError(
                f"{path}: [parameters.{name}]: {{{name}}} stands in neither command nor sidecar; it would do nothing"
            )


def _refuse_nul(path: Path, value: Any) -> None:
    """Raises: InputError for a text with a NUL in it, which no command line can hold."""
    if isinstance(value, str) and "\0" in value:
        raise InputError(f"{path}: {value[:40]!r}: holds a NUL, which no command line can")
    parts = [*value.keys(), *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in parts:
        _refuse_nul(path, part)


def _name(path: Path, value: Any) -> str:
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise InputError(
            f"{path}: [program] name = {value!r}: give one of letters, digits, spaces, and . + - _, 64 at most"
        )
    return value


def _words(path: Path, key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(word, str) for word in value):
        raise InputError(f'{path}: {key}: give a list of words, ["program", "{{raw}}", "{{out}}"]')
    return tuple(value)


def _word(path: Path, key: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise InputError(f"{path}: {key}: give a word between quotes")
    return value


def _one_of(path: Path, key: str, value: Any, allowed: tuple) -> Any:
    if value not in allowed:
        raise InputError(f"{path}: {key} = {value!r}: is not one of {', '.join(str(each) for each in allowed if each)}")
    return value


def _above_zero(path: Path, key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < LARGEST:
        raise InputError(f"{path}: {key} = {str(value)[:40]}: give a number above 0, below {LARGEST:g}")
    return float(value)


def _environment(path: Path, table: Any) -> tuple[tuple[str, str], ...]:
    if not isinstance(table, dict) or not all(
        isinstance(value, str) and name and "=" not in name for name, value in table.items()
    ):
        raise InputError(f'{path}: [program] environment: give words, {{ OMP_NUM_THREADS = "1" }}')
    return tuple(sorted(table.items()))
