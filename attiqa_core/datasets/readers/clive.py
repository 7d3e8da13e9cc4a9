"""LIVE In the Wild (CLIVE). Source: Ghadiyaram and Bovik 2016, doi 10.1109/TIP.2015.2500021."""

from pathlib import Path
from typing import Any

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.datasets.rated import RatedImages
from attiqa_core.datasets.rows import Look, Row, rated_images
from attiqa_core.datasets.tables import number
from attiqa_core.errors import InputError
from attiqa_core.files.mat_files import read_mat

TRAINING_IMAGES = 7  # the first rows (t1.bmp to t7.bmp) are the raters' training samples, not part of the data set
CLIVE_RANGE = MosRange(0.0, 100.0)


def read_clive(table: Path, images: Path | None = None, look: Look = "all") -> RatedImages:
    """Return CLIVE's rated images from `AllImages_release.mat` and the `AllMOS_release.mat` beside it, MOS in 0 to 100.

    The first seven rows are dropped. Images: `Images/` or `images/` beside the .mat files or their `Data/`.
    Raises: InputError for a missing file or lists of different length.
    """
    scores = table.with_name("AllMOS_release.mat")
    names, mos = _variable(table, "AllImages_release"), _variable(scores, "AllMOS_release")
    if not all(isinstance(name, str) for name in names):
        raise InputError(f"{table}: its AllImages_release is no list of names; it is not CLIVE's file; fetch it again")
    if len(names) != len(mos):
        raise InputError(
            f"{table}: lists {len(names)} images but {scores.name} holds {len(mos)} MOS;"
            " fetch the original .mat files again"
        )
    rows = [
        Row(line, name, number(scores, line, "MOS", score))
        for line, (name, score) in enumerate(zip(names, mos, strict=True), 1)
    ]
    root = table.parent.parent if table.parent.name == "Data" else table.parent
    folders = images or (root / "Images", root / "images")
    notes = [f"the {TRAINING_IMAGES} training images are left out"]
    return rated_images(table, rows[TRAINING_IMAGES:], folders, "clive", CLIVE_RANGE, look, notes)


def _variable(path: Path, name: str) -> list[Any]:
    if not path.is_file():
        raise InputError(f"{path}: no such file; fetch CLIVE's original .mat files")
    cure = "it is not CLIVE's file; fetch it again"
    values = read_mat(path, cure).get(name)
    if values is None:
        raise InputError(f"{path}: has no {name} of names or numbers; {cure}")
    return values
