"""FLIVE (PaQ-2-PiQ), the whole images only. Source: Ying et al. 2020, "From Patches to Pictures" (CVPR).

Patches are never mixed in: pyiqa's "official test" of 7,308 items is 1,827 images and 5,481 patches (its issue 249),
which no figure on images alone can be compared with.
"""

from pathlib import Path

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.datasets.rated import TEST, TRAIN, UNUSED, VAL, RatedImages
from attiqa_core.datasets.rows import Look, Row, rated_images
from attiqa_core.datasets.tables import number, read_csv
from attiqa_core.errors import InputError

FLIVE_TABLE = "labels_image.csv"
TEST_TABLE = "labels640.csv"  # the images whose longer edge exceeds 640 px
PADDED_TABLES = ("labels=640_padded.csv", "labels<=640_padded.csv")  # the others, with the column is_valid
FLIVE_RANGE = MosRange(0.0, 100.0)
TRUTH = {"true": True, "1": True, "false": False, "0": False}


def read_flive(table: Path, images: Path | None = None, look: Look = "all") -> RatedImages:
    """Return FLIVE's 39,810 whole images, MOS in 0 to 100, with the official split as far as its lists are there.

    `labels640.csv` beside the table is the test part; `labels=640_padded.csv` divides the rest by `is_valid`, and
    images in neither (three of them) are "unused". Images: `database/` or beside the table.
    Raises: InputError if a list names an image the table does not have, or the table names patches.
    """
    scores = [
        (line, row["name"].strip(), number(table, line, "mos", row["mos"]))
        for line, row in read_csv(table, ("name", "mos"))
    ]
    for line, name, _ in scores:
        if name.startswith("patches/"):
            raise InputError(f"{table}, line {line}: {name} is a patch; use the table of whole images, {FLIVE_TABLE}")
    parts, notes = _official_parts(table, {_file_name(name) for _, name, _ in scores})
    rest = UNUSED if VAL in parts.values() else TRAIN
    rows = [Row(line, name, mos, parts.get(_file_name(name), rest) if parts else None) for line, name, mos in scores]
    root = table.parent
    folders = images or (root / "database", root, root / "images")
    return rated_images(table, rows, folders, "flive", FLIVE_RANGE, look, notes)


def _official_parts(table: Path, known: set[str]) -> tuple[dict[str, str], list[str]]:
    """The part of each listed image by file name (they are unique), and what is missing to know them all."""
    test = _beside(table, (TEST_TABLE,))
    padded = _beside(table, PADDED_TABLES)
    if test is None:
        return {}, [f"no official split: {TEST_TABLE} is not beside {table.name}"]
    parts = {_file_name(row["name_image"]): TEST for _, row in read_csv(test, ("name_image",))}
    notes = ["whole images only, no patches"]
    if padded is None:
        notes.append(f"{PADDED_TABLES[0]} is absent, so validation images and the 3 unused ones count as train")
    else:
        for line, row in read_csv(padded, ("name_image", "is_valid")):
            name, is_valid = _file_name(row["name_image"]), TRUTH.get(row["is_valid"].strip().lower())
            if is_valid is None:
                raise InputError(f"{padded}, line {line}: is_valid {row['is_valid']!r} is not True or False")
            if parts.setdefault(name, VAL if is_valid else TRAIN) == TEST:
                raise InputError(f"{padded}, line {line}: {name} is also in the test list {test.name}")
    if unknown := sorted(parts.keys() - known):
        raise InputError(f"{table}: does not rate {unknown[0]} of the official lists, nor {len(unknown) - 1} others")
    return parts, notes


def _beside(table: Path, names: tuple[str, ...]) -> Path | None:
    """The first of the tables that exists; a prefix of `labels_image.csv` (as in `flive_labels_image.csv`) is kept."""
    prefix = table.name.removesuffix(FLIVE_TABLE)
    return next((path for name in names if (path := table.with_name(prefix + name)).is_file()), None)


def _file_name(path: str) -> str:
    return path.strip().rpartition("/")[2]
