"""A user's own scores: a CSV with the columns image and mos, paths relative to an image folder."""

import csv
import math
from pathlib import Path

import torch

from attiqa_core.datasets.rated import RatedImages
from attiqa_core.errors import InputError
from attiqa_core.scorer import MosRange


def read_mos_csv(path: Path, images: Path | None = None, mos_range: MosRange | None = None) -> RatedImages:
    """Return the rated images of a CSV (UTF-8, BOM and CRLF allowed) with the columns `image` and `mos`.

    Images are looked for in `images`, else beside the CSV, else in its `images/`. Without a declared range the smallest
    and largest MOS are its ends. Raises: InputError naming file and line for a missing column or image, a path that
    leaves the folder, a duplicate, a MOS that is no number or outside the range, an empty file, a constant MOS column.
    """
    rows = _rows(path)
    folder = images or _image_folder(path, rows[0][1])
    paths: dict[Path, float] = {}
    for line, name, mos in rows:
        file = folder / name
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise InputError(f"{path}, line {line}: {name} leaves the image folder; use paths inside {folder}")
        if not file.is_file():
            raise InputError(f"{path}, line {line}: no image {file}; correct the name or give --images FOLDER")
        if file in paths:
            raise InputError(f"{path}, line {line}: {name} is rated twice; keep one row per image")
        paths[file] = mos
    return rated_images(path, list(paths), list(paths.values()), mos_range, path.stem)


def rated_images(
    source: Path, paths: list[Path], mos: list[float], mos_range: MosRange | None, name: str
) -> RatedImages:
    """Return checked RatedImages. Raises: InputError if the MOS are constant or leave the declared range."""
    low, high = min(mos), max(mos)
    if low == high:
        raise InputError(f"{source}: every image has the MOS {low:g}; a scorer cannot learn from a constant column")
    declared = mos_range or MosRange(low, high)
    if low < declared.low or high > declared.high:
        raise InputError(
            f"{source}: MOS go from {low:g} to {high:g}, outside the declared {declared.low:g} to {declared.high:g}"
        )
    return RatedImages(tuple(paths), torch.tensor(mos), declared, name)


def _rows(path: Path) -> list[tuple[int, str, float]]:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not UTF-8 text; save the table as CSV (UTF-8)") from error
    reader = csv.DictReader(text.splitlines())
    missing = {"image", "mos"} - set(reader.fieldnames or ())
    if missing:
        raise InputError(f"{path}: has no column {' and '.join(sorted(missing))}; the first line must name image,mos")
    rows = [(reader.line_num, row["image"], _number(path, reader.line_num, row["mos"])) for row in reader]
    if not rows:
        raise InputError(f"{path}: holds no rows below its header")
    return rows


def _number(path: Path, line: int, text: str | None) -> float:
    try:
        value = float(text or "")
    except ValueError as error:
        raise InputError(f"{path}, line {line}: mos {text!r} is not a number") from error
    if not math.isfinite(value):
        raise InputError(f"{path}, line {line}: mos {text} is not a finite number")
    return value


def _image_folder(path: Path, first_image: str) -> Path:
    beside = Path(path).parent
    return beside if (beside / first_image).is_file() else beside / "images"
