"""Image-quality data sets in their original files."""

from pathlib import Path

from attiqa_core.datasets.clive import read_clive
from attiqa_core.datasets.mos_csv import read_mos_csv
from attiqa_core.datasets.rated import RatedImages
from attiqa_core.errors import InputError, UsageError
from attiqa_core.scorer import MosRange


def read_rated(
    path: Path,
    images: Path | None = None,
    mos_range: tuple[float, float] | None = None,
    *,
    allow_missing: bool = False,
) -> RatedImages:
    """Return rated images from a CSV (image,mos) or from the folder of CLIVE's original files.

    Raises: UsageError if the range is not low < high, InputError if the path is neither.
    """
    if mos_range is not None and not mos_range[0] < mos_range[1]:
        raise UsageError(f"--mos-range {mos_range[0]:g} {mos_range[1]:g}: the first number must be the smaller")
    if Path(path).is_dir():
        return read_clive(path, allow_missing=allow_missing)
    if Path(path).suffix.lower() != ".csv":
        raise InputError(f"{path}: is neither a .csv with image,mos nor a folder of CLIVE's .mat files")
    return read_mos_csv(path, images, MosRange(*mos_range) if mos_range else None)
