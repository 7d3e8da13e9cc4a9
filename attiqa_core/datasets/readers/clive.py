"""LIVE In the Wild (CLIVE). Source: Ghadiyaram and Bovik 2016, doi 10.1109/TIP.2015.2500021."""

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from attiqa_core.datasets.mos_range import MosRange
from attiqa_core.datasets.rated import RatedImages
from attiqa_core.datasets.rows import Look, Row, rated_images
from attiqa_core.datasets.tables import number
from attiqa_core.errors import InputError

TRAINING_IMAGES = 7  # the first rows (t1.bmp to t7.bmp) are the raters' training samples, not part of the data set
CLIVE_RANGE = MosRange(0.0, 100.0)
DAMAGED = (MatReadError, zlib.error, LookupError, ValueError, TypeError, OSError, NotImplementedError)

T = TypeVar("T")


def read_clive(table: Path, images: Path | None = None, look: Look = "all") -> RatedImages:
    """Return CLIVE's rated images from `AllImages_release.mat` and the `AllMOS_release.mat` beside it, MOS in 0 to 100.

    The first seven rows are dropped. Images: `Images/` or `images/` beside the .mat files or their `Data/`.
    Raises: InputError for a missing file or lists of different length.
    """
    scores = table.with_name("AllMOS_release.mat")
    names = _matrix(table, "AllImages_release", lambda cells: [str(cell[0][0]) for cell in cells])
    mos = _matrix(scores, "AllMOS_release", lambda cells: np.asarray(cells, dtype=np.float64).ravel().tolist())
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


def _matrix(path: Path, name: str, unpack: Callable[[np.ndarray], list[T]]) -> list[T]:
    if not path.is_file():
        raise InputError(f"{path}: no such file; fetch CLIVE's original .mat files")
    try:
        return unpack(loadmat(path)[name])
    except DAMAGED as error:
        raise InputError(f"{path}: is not CLIVE's file ({error}); fetch it again") from error
