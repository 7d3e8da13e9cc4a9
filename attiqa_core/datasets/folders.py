"""Which image files exist: one listing per folder, however many files a table names."""

import os
from collections.abc import Sequence
from pathlib import Path


class Folders:
    """Finds files by listings that are made once; names that differ only in case, and paths with \\ for /, are found too.

    Case matters because TID2013 lists `I01_01_1.bmp` where some of its files are `i01_01_1.bmp`.
    """

    def __init__(self) -> None:
        self._listings: dict[str, tuple[frozenset[str], dict[str, str]]] = {}

    def find(self, path: Path) -> Path | None:
        """Return the file as it is on the disk, or None."""
        folder, name = os.path.split(path)
        exact, by_lower_case = self._listing(folder)
        if name in exact:
            return path
        actual = by_lower_case.get(name.lower())
        if actual is None and "\\" in name:  # a table that Windows wrote; a name may also hold one itself
            return self.find(Path(folder, *name.split("\\")))
        return None if actual is None else Path(folder, actual)

    def _listing(self, folder: str) -> tuple[frozenset[str], dict[str, str]]:
        if folder not in self._listings:
            try:
                with os.scandir(folder or ".") as entries:
                    names = sorted(entry.name for entry in entries if _is_file(entry))
            except (OSError, ValueError):  # there is none, it may not be listed, or its name is none
                names = []
            self._listings[folder] = frozenset(names), {name.lower(): name for name in names}
        return self._listings[folder]


def _is_file(entry: os.DirEntry) -> bool:
    try:
        return entry.is_file()
    except OSError:  # links in a circle
        return False


def image_folder(candidates: Sequence[Path], first_image: str) -> Path:
    """Return the candidate that holds the first image, else the first that exists, else the first."""
    spellings = (first_image, first_image.replace("\\", "/"))
    holding = (folder for folder in candidates if any(os.path.isfile(folder / name) for name in spellings))  # noqa: PTH113 - of a name of any length
    existing = (folder for folder in candidates if folder.is_dir())
    return next(holding, None) or next(existing, None) or candidates[0]


def is_cut_off(path: Path) -> bool:
    """Return whether a JPEG, PNG or BMP file lacks its end: empty, or the last bytes were never written.

    Only head and tail are read. JPEG may be padded after its end marker; other formats are not judged.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(6)
        file.seek(max(0, size - TAIL))
        tail = file.read()
    if head.startswith(b"\xff\xd8"):
        return b"\xff\xd9" not in tail
    if head.startswith(b"\x89PNG"):
        return b"IEND" not in tail
    if head.startswith(b"BM"):
        return size < int.from_bytes(head[2:6], "little")
    return size == 0


TAIL = 4096  # some cameras and web pages append data after the end marker
