"""What a command line is asked before anything is loaded, read or written; every sentence names the option and the cure."""

import math
from pathlib import Path
from typing import Any

from attiqa_core.errors import InputError, UsageError
from attiqa_core.remote.address import as_written, is_remote
from attiqa_core.runs.lock import is_unused
from attiqa_core.runs.state import state_of
from attiqa_core.sharing.references import names_revision
from isp_env.fivek.address import SCHEME, is_address, raws_at

LARGEST_SEED = 2**32 - 1  # NumPy's


def flag(name: str) -> str:
    """Return what an option is called on the command line."""
    return "--" + name.replace("_", "-")


def at_least(options: Any, **lowest: float) -> None:
    """Raises: UsageError for the first option that is below its lowest value, or no finite number; None is no choice."""
    for name, low in lowest.items():
        value = getattr(options, name)
        if value is not None and not low <= value < math.inf:
            raise UsageError(f"{flag(name)} {value}: give at least {low}")


def above_zero(options: Any, *names: str) -> None:
    """Raises: UsageError for the first option that is not a finite number above 0."""
    for name in names:
        value = getattr(options, name)
        if not 0 < value < math.inf:
            raise UsageError(f"{flag(name)} {value}: give a number above 0")


def shares_below_one(options: Any, *names: str) -> None:
    """Raises: UsageError for the first option that is not from 0 to below 1."""
    for name in names:
        value = getattr(options, name)
        if not 0 <= value < 1:
            raise UsageError(f"{flag(name)} {value}: give a share from 0 to below 1")


def among(options: Any, name: str, allowed: tuple[int, ...]) -> None:
    """Raises: UsageError if the option is none of these numbers."""
    if getattr(options, name) not in allowed:
        raise UsageError(f"{flag(name)} {getattr(options, name)}: give {' or '.join(map(str, allowed))}")


def seed(options: Any) -> None:
    """Raises: UsageError for a seed that the random generators do not take."""
    if not 0 <= options.seed <= LARGEST_SEED:
        raise UsageError(f"--seed {options.seed}: give a whole number from 0 to {LARGEST_SEED}")


def named(paths: tuple[Path, ...], cure: str) -> None:
    """Raises: UsageError if no path is given, InputError if one of them is not there."""
    if not paths:
        raise UsageError(cure)
    present(*paths)


def present(*paths: Path | None) -> None:
    """Raises: InputError for the first path that is not there, or address of FiveK that names nothing; None is no choice."""
    for path in paths:
        if path is not None and is_address(path):
            raws_at(path)
        elif path is not None and not path.exists():
            raise InputError(f"{path}: no such file or folder{_unless_meant(path)}")


def named_photos(paths: tuple[Path, ...], cure: str) -> None:
    """Raises: UsageError if no path is given, InputError if one of them is neither here nor at an address."""
    if not paths:
        raise UsageError(cure)
    photos(*paths)


def photos(*paths: Path) -> None:
    """Raises: InputError for the first file or folder of photos that is not there, on this machine or at an address."""
    present(*(path for path in paths if not is_remote(path)))
    for path in filter(is_remote, paths):
        from attiqa_core.remote import store

        if not store.exists(path):
            raise InputError(f"{as_written(path)}: no such file or folder")


def _unless_meant(path: Path) -> str:
    """What an address of FiveK lacks, if this is one but for its beginning."""
    bare = str(path).removeprefix("FIVEK:").removeprefix("FiveK:")
    is_meant = bare != str(path) or Path(bare.partition("?")[0].rpartition("@")[0] or "no folder").is_dir()
    return f"; an address begins with {SCHEME}, as in {SCHEME}{bare}" if is_meant else ""


def no_address(*paths: Path | None, cure: str) -> None:
    """Raises: UsageError for the first path that is an address of FiveK's raws, where raws have no place."""
    for path in paths:
        if path is not None and is_address(path):
            raise UsageError(f"{path}: is an address of raws, which have no place here; {cure}")


def folder_of_fivek(folder: Path | None) -> None:
    """Raises: UsageError for an address in the place of the folder of FiveK itself."""
    no_address(folder, cure=f"name the folder alone, without {SCHEME}, @SPLIT/SIDE and what follows")


def bundles(*policies: Path | None) -> None:
    """Raises: InputError for the first policy that is neither here nor named as org/name@commit; None is no choice."""
    present(*(path for path in policies if path is not None and not names_revision(str(path))))


def new_folder(folder: Path, name: str = "out", *, resume: bool = False) -> None:
    """Raises: UsageError if the folder is a file, or holds anything and no run is to go on in it."""
    if folder.is_dir():
        if not resume and not is_unused(folder):
            raise UsageError(f"{flag(name)} {folder}: {_held_by(folder)}")
    elif folder.exists():
        raise UsageError(f"{flag(name)} {folder}: is a file, not a folder; name another one")
    else:
        _not_below_a_file(folder, name)


def _held_by(folder: Path) -> str:
    """What a folder holds that is not new, and the cure."""
    stands = state_of(folder)
    if stands is None:
        return "already holds files; name another folder, or remove it"
    if stands.ended:
        return (
            f"already holds a finished run of `attiqa {stands.command}`; name another folder, or remove it "
            "(--resume does what is missing there)"
        )
    return f"already holds an interrupted run of `attiqa {stands.command}`; go on with --resume, or name another folder"


def new_file(file: Path | None, name: str) -> None:
    """Raises: UsageError if there is something already where a file is to be written."""
    if file is not None and file.exists():
        raise UsageError(f"{flag(name)} {file}: exists already; name another file, or remove it")


def place_of_file(file: Path, name: str) -> None:
    """Raises: UsageError if a folder stands where a file is to be written, or a file where its folder should be."""
    if file.is_dir():
        raise UsageError(f"{flag(name)} {file}: is a folder; name a file in it")
    _not_below_a_file(file, name)


def _not_below_a_file(path: Path, name: str) -> None:
    if above := next((each for each in path.parents if each.is_file()), None):
        raise UsageError(f"{flag(name)} {path}: {above} is a file, not a folder; name another place")
