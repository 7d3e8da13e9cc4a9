"""Run folders: the configuration, the origin and the metrics of what a command did; seeds, devices and progress."""

import contextlib
import json
import math
import os
import platform
import random
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import is_dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import torch
from tqdm import tqdm

from attiqa_core.errors import UsageError
from attiqa_core.files import write_json, write_text

CONFIG = "config.toml"
RECORDED_PACKAGES = (
    "torch",
    "torchvision",
    "timm",
    "open_clip_torch",
    "stable_baselines3",
    "gymnasium",
    "rawpy",
    "numpy",
)


def new_run(folder: Path, config: Any, *, seed: int, inputs: Mapping[str, str] | None = None) -> Path:
    """Make a run folder holding `config.toml` and `meta.json` and return it. Raises: UsageError as `refuse_used`."""
    folder = Path(folder)
    refuse_used(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / CONFIG, to_toml(config))
    write_json(folder / "meta.json", {**provenance(), "seed": seed, "inputs": dict(inputs or {})})
    return folder


def stored_config(folder: Path) -> dict[str, Any]:
    """Return the options that a run was begun with; {} where its `config.toml` is not there or cannot be read."""
    try:
        return tomllib.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def refuse_used(folder: Path) -> None:
    """Raises: UsageError if the folder exists with anything in it, or is a file."""
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder}: already holds files; name another folder with --out, or remove it")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder}: is a file, not a folder; name another one with --out")


def provenance() -> dict[str, Any]:
    """Return what is needed to know where a result came from: commit, versions, machine and time."""
    versions = {}
    for package in RECORDED_PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return {
        "commit": _git_commit(),
        "python": platform.python_version(),
        "versions": versions,
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else _cpu_name(),
        "threads": torch.get_num_threads(),
        "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def append_metrics(folder: Path, row: Mapping[str, Any]) -> None:
    """Append one line to the run's `metrics.jsonl`; a number that is not finite is null there, as JSON has none."""
    with (Path(folder) / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(finite(row), allow_nan=False) + "\n")


def keep_metrics(folder: Path, kept: Callable[[Mapping[str, Any]], bool]) -> None:
    """Take rows that are not `kept` out of the run's `metrics.jsonl`, if it has one, and a last line that was cut off."""
    path = Path(folder) / "metrics.jsonl"
    if path.is_file():
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
        write_text(path, "".join(json.dumps(row) + "\n" for row in rows if kept(row)))


def finite(value: Any) -> Any:
    """Return a value for JSON, which has no number that is not finite: null stands in its place, however deep it lies."""
    if isinstance(value, Mapping):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


LINE_EVERY_S = 30.0
"""How often progress becomes a line where it cannot be a bar."""


class _Lines:
    """A stream that takes a bar's pictures of itself, one line each."""

    def __init__(self, stream: TextIO):
        self.stream = stream

    def write(self, text: str) -> None:
        if line := " ".join(text.split()):
            self.stream.write(line + "\n")

    def flush(self) -> None:
        self.stream.flush()


def progress(
    items: Iterable[Any] | None = None,
    total: int | None = None,
    *,
    label: str,
    unit: str,
    done: int = 0,
    hidden: bool = False,
    scaled: bool = False,
) -> Any:
    """Return a tqdm bar on stderr; where that is no terminal, it is a line at the start, each half minute and at the end.

    `unit` is one of them, such as "photo"; `done` were done before; `scaled`: numbers as 12.3M.
    """
    about: dict[str, Any] = {"total": total, "initial": done, "desc": label, "unit": unit, "unit_scale": scaled}
    if hidden or total == 0 or sys.stderr.isatty():
        return tqdm(items, disable=hidden or total == 0, **about)
    line = "{desc}: {n_fmt} of {total_fmt} {unit}s after {elapsed}, {rate_fmt}, {remaining} left{postfix}"
    return tqdm(items, file=_Lines(sys.stderr), mininterval=LINE_EVERY_S, miniters=1, bar_format=line, **about)


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch; for commands only, library functions take a Generator."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    torch.manual_seed(seed)


def pick_device(name: str = "auto") -> torch.device:
    """Return the named torch device; "auto" is CUDA where there is one.

    Raises: UsageError if CUDA is asked for and absent.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise UsageError("--device cuda: torch finds no CUDA device here; use --device cpu")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"--device {name}: not a torch device; use auto, cpu or cuda") from error


def to_toml(config: Any) -> str:
    """Return a dataclass as flat TOML, ready for `--config`; None is left out, a nested dataclass gives its own fields."""
    lines = []
    for key, value in vars(config).items():
        if is_dataclass(value):
            lines.append(to_toml(value))
        elif value is not None:
            lines.append(f"{key} = {_toml_value(value)}\n")
    return "".join(lines)


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml_value(item) for item in value) + "]"
    return json.dumps(str(value), ensure_ascii=False)


def _git_commit() -> str:
    """The commit of the source tree, "+" appended if it has local changes; "unknown" for an installed copy."""
    if shutil.which("git") is None:
        return "unknown"
    source = Path(__file__).parent

    def git(*words: str) -> str:
        return subprocess.run(["git", *words], cwd=source, capture_output=True, text=True, check=False).stdout.strip()

    commit = git("rev-parse", "--short=12", "HEAD")
    if not commit:
        return "unknown"
    return commit + ("+" if git("status", "--porcelain", "--untracked-files=no") else "")


def _cpu_name() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return f"{line.split(':', 1)[1].strip()} x{os.cpu_count()}"
    return platform.processor() or platform.machine()
