"""The folder of a stored scorer: where it is, what its description says, and whether that can be believed; copies of folders."""

import shutil
from pathlib import Path
from typing import Any, Literal

import msgspec

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.described import Hash, described
from attiqa_core.files.whole import read_json, replacing, sha256
from attiqa_core.network.architecture import Architecture, Preprocessing
from attiqa_core.sharing.references import JOINT
from attiqa_core.sharing.shipped import DESCRIPTION, SHIPPED, shipped_names

FORMAT = "attiqa-scorer/1"
WEIGHTS, CARD = "scorer.safetensors", "README.md"


class ScorerFile(msgspec.Struct, frozen=True):
    """What scorer.json holds."""

    format: Literal["attiqa-scorer/1"]
    architecture: Architecture
    attributes: tuple[str, ...]
    preprocessing: Preprocessing
    mos_range: MosRange
    sha256: Hash
    provenance: dict[str, Any] = {}


def read_description(folder: Path) -> ScorerFile:
    """Return the checked description of a stored scorer. Raises: InputError in one sentence."""
    path = folder / DESCRIPTION
    found = described(path, read_json(path), ScorerFile, "make a scorer with `attiqa finetune`")
    names, arch = found.attributes, found.architecture
    expected = ATTRIBUTES if set(names) == set(ATTRIBUTES) else arch.attributes
    if names != expected or names != arch.attributes:
        raise InputError(f"{path}: attributes {list(names)} are not in the order {list(expected)}; train it again")
    check_looks(path, found.preprocessing, found.mos_range)
    return found


def check_looks(path: Path, preprocessing: Preprocessing, mos_range: MosRange) -> None:
    """Raises: InputError for a crop that is larger than its picture, sizes or a range that are upside down."""
    low, high = preprocessing.sizes or (preprocessing.resize, preprocessing.resize)
    if preprocessing.crop > preprocessing.resize:
        raise InputError(f"{path}: $.preprocessing.crop: {preprocessing.crop} is above resize; train it again")
    if low > high:
        raise InputError(f"{path}: $.preprocessing.sizes: {low} is above {high}; train it again")
    if not mos_range.low < mos_range.high:
        raise InputError(f"{path}: $.mos_range: low {mos_range.low} is not below high {mos_range.high}; train it again")


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
    joined = f"; several joined by {JOINT} have no weights of their own" if JOINT in str(name_or_path) else ""
    raise InputError(f"{name_or_path}: no such scorer; name a folder with {DESCRIPTION}, or one of: {names}{joined}")


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
