"""A user's own scores: a CSV with the columns image and mos, and if wanted split and group."""

from pathlib import Path

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.datasets.rated import TEST, TRAIN, VAL, RatedImages
from attiqa_core.datasets.rows import Look, Row, rated_images
from attiqa_core.datasets.tables import number, read_csv
from attiqa_core.errors import InputError

PARTS = {"train": TRAIN, "training": TRAIN, "val": VAL, "valid": VAL, "validation": VAL, "test": TEST}
"""What people call the parts of a split -> what we call them."""


def read_mos_csv(
    path: Path, images: Path | None = None, mos_range: MosRange | None = None, look: Look = "all"
) -> RatedImages:
    """Return the rated images of a CSV (UTF-8, BOM and CRLF allowed) with the columns `image` and `mos`.

    Optional columns: `split` (train, val or test) and `group` (images that belong together). Images are looked for in
    `images`, else in `images/` beside the CSV, else beside it. Raises: InputError naming file and line.
    """
    rows = [
        Row(
            line,
            row["image"].strip(),
            number(path, line, "mos", row["mos"]),
            part(path, line, row["split"]) if "split" in row else None,
            (row.get("group") or "").strip() or None,
        )
        for line, row in read_csv(path, ("image", "mos"))
    ]
    if not rows:
        raise InputError(f"{path}: holds no rows below its header")
    beside = Path(path).parent
    folders = images or (beside / "images", beside)
    return rated_images(path, rows, folders, Path(path).stem, mos_range, look)


def part(path: Path, line: int, name: str | None) -> str:
    """Return "train", "val" or "test". Raises: InputError naming file and line for anything else."""
    try:
        return PARTS[(name or "").strip().lower()]
    except KeyError as error:
        raise InputError(f"{path}, line {line}: split {name!r} is not one of train, val, test") from error
