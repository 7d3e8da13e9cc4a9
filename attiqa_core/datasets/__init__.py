"""Image-quality data sets in their original files."""

from pathlib import Path

from attiqa_core.datasets.catalogue import DATASETS, DataSet
from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.datasets.rated import RatedImages
from attiqa_core.datasets.readers.mos_csv import read_mos_csv
from attiqa_core.datasets.rows import Look
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.regular import open_regular

__all__ = ["DATASETS", "DataSet", "Look", "RatedImages", "read_rated", "recognise"]


def read_rated(
    path: Path,
    images: Path | None = None,
    mos_range: tuple[float, float] | None = None,
    *,
    allow_missing: bool = False,
    require_images: bool = True,
    dataset: str = "auto",
) -> RatedImages:
    """Return the rated images of a folder or score file of a known data set, or of a CSV with the columns image,mos.

    `images` replaces the usual image folder. `mos_range` is for own CSVs: a known data set declares its range. With
    `allow_missing` images whose file is absent are left out (a note counts them); without `require_images` the disk is
    not looked at, for work on scores alone. `dataset` is "auto", "csv" or a name of `DATASETS`.

    Raises: UsageError for a range that is not low < high or not the data set's, or an unknown `dataset`; InputError if
    the path is none of the known data sets (saying what was looked for), or for what its reader finds wrong.
    """
    path, images = Path(path), None if images is None else Path(images)
    if mos_range is not None and not mos_range[0] < mos_range[1]:
        raise UsageError(f"--mos-range {mos_range[0]:g} {mos_range[1]:g}: the first number must be the smaller")
    if images is not None and require_images and not images.is_dir():
        raise InputError(f"{images}: no such folder; name the folder of the images")
    look: Look = "listed" if not require_images else "present" if allow_missing else "all"
    name, table = recognise(path, dataset)
    if name is None:
        return read_mos_csv(table, images, MosRange(*mos_range) if mos_range else None, look)
    known = DATASETS[name]
    if mos_range is not None and MosRange(*mos_range) != known.mos_range:
        raise UsageError(
            f"--mos-range {mos_range[0]:g} {mos_range[1]:g}: {known.title} declares {known.mos_range.low:g} to"
            f" {known.mos_range.high:g}; leave the option out"
        )
    return known.read(table, images, look)


def recognise(path: Path, dataset: str = "auto") -> tuple[str | None, Path]:
    """Return the name of a folder's or score file's data set and the file to read; (None, path) for an own CSV."""
    if dataset not in ("auto", "csv", *DATASETS):
        raise UsageError(f"--dataset {dataset}: is not one of auto, csv, {', '.join(DATASETS)}")
    candidates = {name: known for name, known in DATASETS.items() if dataset in ("auto", name)}
    for name, known in candidates.items():
        if table := known.table(path):
            return name, table
    if not path.exists():
        raise InputError(f"{path}: no such file or folder")
    if not path.is_dir():
        open_regular(path).close()  # what is a pipe or device is told, and not waited for
    if dataset in ("auto", "csv") and path.is_file() and path.suffix.lower() == ".csv":
        return None, path
    looked_for = "; ".join(f"{known.title}: {' or '.join(known.tables)}" for known in candidates.values())
    if dataset in ("auto", "csv"):
        looked_for = "; ".join(filter(None, ["a .csv with the columns image,mos", looked_for]))
    raise InputError(f"{path}: is no data set that is known here; looked for {looked_for}")
