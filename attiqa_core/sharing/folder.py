"""The folder of a stored scorer: where it is, what its description says, and whether that can be believed; copies of folders."""

import shutil
from pathlib import Path
from typing import Any

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json, replacing, sha256
from attiqa_core.network.architecture import Architecture
from attiqa_core.network.model import AttiqaNet
from attiqa_core.sharing.shipped import DESCRIPTION, SHIPPED, shipped_names

FORMAT = "attiqa-scorer/1"
WEIGHTS, CARD = "scorer.safetensors", "README.md"


def read_description(folder: Path) -> dict[str, Any]:
    """Return the checked description of a stored scorer, its "architecture" parsed. Raises: InputError in one sentence."""
    path = folder / DESCRIPTION
    described = read_json(path)
    given = described.get("format") if isinstance(described, dict) else None
    if given != FORMAT:
        raise InputError(f"{path}: format {given!r} is not {FORMAT!r}; make a scorer with `attiqa finetune`")
    missing = [
        name for name in ("architecture", "attributes", "preprocessing", "mos_range", "sha256") if name not in described
    ]
    if missing:
        raise InputError(f"{path}: lacks {', '.join(missing)}; fetch it or train it again")
    try:
        arch = Architecture.from_dict(described["architecture"])
    except (TypeError, KeyError) as error:
        raise InputError(
            f"{path}: its architecture is not one this version knows ({error}); update attiqa-isp"
        ) from error
    names = tuple(described["attributes"])
    expected = ATTRIBUTES if set(names) == set(ATTRIBUTES) else arch.attributes
    if names != expected or names != arch.attributes:
        raise InputError(f"{path}: attributes {list(names)} are not in the order {list(expected)}; train it again")
    return {**described, "architecture": arch}


def build_network(arch: Architecture, source: Path) -> AttiqaNet:
    """Return the network that a description asks for. Raises: InputError if its backbone is not to be had here."""
    try:
        return AttiqaNet(arch)
    except (RuntimeError, UsageError) as error:
        raise InputError(f"{source}: no backbone {arch.backbone!r} here; install the timm that trained it") from error


def find_folder(name_or_path: str | Path) -> Path:
    """Return the folder of a scorer named by its path or by its shipped name. Raises: InputError if there is none."""
    path = Path(name_or_path)
    if (path / DESCRIPTION).is_file():
        return path
    if str(name_or_path) in shipped_names():
        return SHIPPED / name_or_path
    names = ", ".join(shipped_names())
    if path.is_dir():
        raise InputError(
            f"{path}: holds no {DESCRIPTION}; name the folder that `attiqa finetune` wrote, or one of: {names}"
        )
    raise InputError(f"{name_or_path}: no such scorer; name a folder with {DESCRIPTION}, or one of: {names}")


def refuse_filled(folder: Path) -> None:
    """Raises: UsageError if something is where a new folder is to be written."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: already holds files; name another folder")


def copy_verified(source: Path, target: Path, expected_sha256: str) -> None:
    """Copy a file, whole or not at all. Raises: InputError if it is not the one of that hash any more."""
    with replacing(target) as temporary:
        shutil.copyfile(source, temporary)
        if sha256(temporary) != expected_sha256:
            raise InputError(f"{source}: changed since it was loaded; load it again")
