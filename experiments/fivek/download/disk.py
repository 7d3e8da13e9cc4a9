"""What a run needs of the disk, and whether it is there."""

import shutil
from pathlib import Path

from attiqa_core.errors import ResourceError


def free_bytes(folder: Path) -> int:
    """Return how many bytes are free where a folder is, or will be."""
    return shutil.disk_usage(
        next(each for each in (folder.absolute(), *folder.absolute().parents) if each.is_dir())
    ).free


def size_text(size: int) -> str:
    """Return bytes for people, in powers of 1000 as disks are sold: "519.0 GB"."""
    for unit, worth in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6)):
        if size >= worth:
            return f"{size / worth:.1f} {unit}"
    return f"{size / 1e3:.1f} kB"


def check_fits(folder: Path, needed: int, cure: str) -> None:
    """Raises: ResourceError if so many bytes are more than the disk has free."""
    if needed > (free := free_bytes(folder)):
        raise ResourceError(f"{folder}: {size_text(needed)} to come, and {size_text(free)} free; {cure}")
