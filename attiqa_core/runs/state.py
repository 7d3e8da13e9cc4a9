"""How a run stands: which command began it, of which version and where, and whether it came to its end."""

import contextlib
import platform
import time
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, write_json
from attiqa_core.runs.lock import PRIVATE, STATE

FORMAT = "attiqa-run/1"


@dataclass(frozen=True)
class RunState:
    """What `.attiqa/run.json` says. `ended` is "" while it runs, and after it was killed."""

    command: str
    versions: dict[str, str]
    host: str
    begun: str
    ended: str = ""
    format: str = FORMAT


def state_of(folder: Path) -> RunState | None:
    """Return how the run in a folder stands, None without one. Raises: InputError for what is no state of this version."""
    path = folder / PRIVATE / STATE
    if not path.is_file():
        return None
    told = read_json(path)
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise InputError(
            f"{path}: is not of the format {FORMAT} that this version of attiqa knows; take the version that began the run"
        )
    try:
        return RunState(**told)
    except TypeError as error:
        raise InputError(f"{path}: is damaged ({error}); remove it and go on with --resume") from error


def begin_state(folder: Path, command: str) -> RunState:
    """Write that a command begins, or goes on, here, and return what is written."""
    now = RunState(command, _versions(), platform.node(), _now())
    write_state(folder, now)
    return now


def end_state(folder: Path, state: RunState) -> None:
    """Write that the run came to its end."""
    write_state(folder, replace(state, ended=_now()))


def forget_state(folder: Path) -> None:
    """Leave a folder as if no run had been begun there."""
    (folder / PRIVATE / STATE).unlink(missing_ok=True)


def write_state(folder: Path, state: RunState) -> None:
    """Write how the run in a folder stands."""
    write_json(folder / PRIVATE / STATE, asdict(state), seal=True)


def differences(folder: Path, before: RunState, now: RunState) -> str:
    """Return in one sentence what is other than when the run was begun, or that it came to its end; "" without either."""
    if before.ended:
        return f"{folder}: this run of `attiqa {before.command}` came to its end before; only what is missing is done"
    changed = [
        f"{name} {before.versions.get(name)}, now {version}"
        for name, version in now.versions.items()
        if before.versions.get(name) != version
    ]
    changed += [f"on {before.host}, now on {now.host}"] if before.host != now.host else []
    return f"{folder}: was begun with {'; '.join(changed)}: last bits may differ" if changed else ""


def _versions() -> dict[str, str]:
    versions = {}
    for package in ("attiqa-isp", "torch", "numpy"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    return versions


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
