"""Run folders: the configuration and the origin of what a command did."""

import contextlib
import hashlib
import json
import os
import platform
import shutil
import subprocess
import time
import tomllib
from collections.abc import Mapping
from dataclasses import is_dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.described import read_toml
from attiqa_core.files.whole import sha256, write_json, write_text
from attiqa_core.runs.lock import is_unused

CONFIG, META = "config.toml", "meta.json"
RECORDED_PACKAGES = (
    "attiqa-isp",
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
    describe_run(folder, config, seed=seed, inputs=inputs)
    return folder


def describe_run(folder: Path, config: Any, *, seed: int, inputs: Mapping[str, str] | None = None) -> None:
    """Write `config.toml` and then `meta.json`, which holds its hash: a run that has the second was described."""
    write_text(folder / CONFIG, to_toml(config))
    about = {**provenance(), "seed": seed, "inputs": dict(inputs or {}), "config_sha256": sha256(folder / CONFIG)}
    write_json(folder / META, about, seal=True)


def stored_config(folder: Path) -> dict[str, Any]:
    """Return the options that a run was begun with; {} where its `config.toml` is not there or cannot be read."""
    try:
        return read_toml(folder / CONFIG)
    except InputError:
        return {}


def refuse_used(folder: Path) -> None:
    """Raises: UsageError if the folder exists with anything in it, or is a file."""
    if folder.is_dir() and not is_unused(folder):
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
