"""Which files are raws: by name in folders, as they are named elsewhere."""

from collections.abc import Sequence
from pathlib import Path

from attiqa_core.errors import InputError, UsageError
from isp_env.fivek.address import is_address, parse_address, raws_at
from isp_env.raw_io.decoding.kinds import check_regular

RAW_SUFFIXES = frozenset({
    ".3fr", ".ari", ".arw", ".bay", ".cap", ".cr2", ".cr3", ".crw", ".cs1", ".dcr", ".dcs", ".dng", ".drf",
    ".eip", ".erf", ".fff", ".gpr", ".iiq", ".k25", ".kdc", ".mdc", ".mef", ".mos", ".mrw", ".nef", ".nrw",
    ".orf", ".pef", ".ptx", ".pxn", ".r3d", ".raf", ".raw", ".rw2", ".rwl", ".rwz", ".sr2", ".srf", ".srw",
    ".x3f",
})  # fmt: skip
HEADERLESS_SUFFIXES = frozenset({".bin", ".raw", ".bayer"})  # read by their layout, where a sensor file gives one


def find_raws(paths: Sequence[str | Path]) -> list[Path]:
    """Return the raw files named, those inside the folders named (all depths) and of addresses of FiveK, sorted and each once.

    A file is taken whatever its suffix; in a folder the suffix decides, and a PNG counts that has a `sidecar_of` it,
    and a .bin that has an `own_sensor_file`.
    Raises: InputError if there are none; UsageError for an address that is none.
    """
    if not paths:
        raise UsageError("no raws named; give raw files or a folder that holds some")
    found: set[Path] = set()
    for path in map(Path, paths):
        if is_address(path):
            found.update(raws_at(path).values())
        elif path.is_dir():
            inside = (file for file in path.rglob("*") if _is_raw(file) and file.is_file())
            found.update(file for file in inside if not file.name.startswith("."))
        elif path.is_file():
            found.add(path)
        elif path.exists() or path.is_symlink():
            check_regular(path)  # it is none: says what it is
        else:
            raise InputError(f"{path}: no such file or folder; give raw files or a folder that holds some")
    if not found:
        names = ", ".join(map(str, paths))
        raise InputError(f"{names}: no raw files found; give raw files (.dng, .nef, .cr3, ...) or their folder")
    return sorted(found)


def is_there(path: Path) -> bool:
    """Return whether a file or folder is there, or the folder of an address of FiveK."""
    return parse_address(path).folder.is_dir() if is_address(path) else path.exists()


def sidecar_of(path: Path) -> Path:
    """Return where the metadata of a linear camera RGB PNG lie (`linear_png`)."""
    return path.with_name(f"{path.stem}_metadata.json")


def is_linear_png(path: Path) -> bool:
    """Return whether a file is a PNG with the metadata of a linear camera RGB picture beside it."""
    return path.suffix.lower() == ".png" and sidecar_of(path).is_file()


def _is_raw(path: Path) -> bool:
    return path.suffix.lower() in RAW_SUFFIXES or is_linear_png(path) or _has_own_sensor_file(path)


def own_sensor_file(raw: Path) -> Path:
    """Return where the sensor file of one raw lies (`own_sensor.files`)."""
    return raw.with_name(f"{raw.stem}.sensor.toml")


def _has_own_sensor_file(path: Path) -> bool:
    return path.suffix.lower() in HEADERLESS_SUFFIXES and own_sensor_file(path).is_file()
