"""Ready-made splits of others: LIQE's text lists (MIT) and ARNIQA's index arrays (Apache-2.0), for comparable figures."""

from pathlib import Path

import numpy as np

from attiqa_core.datasets.rated import TEST, TRAIN, VAL, RatedImages
from attiqa_core.datasets.tables import read_text
from attiqa_core.errors import InputError
from attiqa_core.files.damaged import read_array

PADDING = -1  # fills ARNIQA's arrays where splits differ in length
UNINDEXED = 3  # FLIVE has three images that are in no official part


def read_text_lists(folder: Path) -> list[dict[str, list[str]]]:
    """Return the splits of LIQE's `splits2/`: folders 1 to 10 with `*_train_clip.txt`, `*_val_clip.txt`, `*_test_clip.txt`.

    Lines are tab-separated, the image first. Raises: InputError if a list is missing or ambiguous.
    """
    numbered = sorted((item for item in folder.iterdir() if item.is_dir() and item.name.isdigit()), key=_number)
    return [{name: _first_column(_list_of(each, name)) for name in (TRAIN, VAL, TEST)} for each in numbered or [folder]]


def _number(folder: Path) -> int:
    return int(folder.name)


def _list_of(folder: Path, name: str) -> Path:
    found = sorted(folder.glob(f"*_{name}_clip.txt")) or sorted(folder.glob(f"*_{name}.txt"))
    if len(found) != 1:
        raise InputError(
            f"{folder}: holds {len(found)} lists named *_{name}_clip.txt or *_{name}.txt instead of one; name a folder of"
            " LIQE's lists, ARNIQA's train.npy and test.npy, or a split file"
        )
    return found[0]


def _first_column(path: Path) -> list[str]:
    return [line.split("\t")[0].strip() for line in read_text(path).splitlines() if line.strip()]


def read_index_arrays(folder: Path, rated: RatedImages | None) -> list[dict[str, list[str]]]:
    """Return the splits of ARNIQA's `train.npy`, `val.npy` and `test.npy`: one row per split, padded with -1.

    The numbers count the rows of the table ARNIQA reads: CLIVE without its training images, KonIQ-10k's
    `koniq10k_scores_and_distributions.csv`, SPAQ's xlsx, FLIVE's `labels_image.csv`.
    Raises: InputError for an array that is not whole numbers, or that was not made for as many images as `rated` has.
    """
    if rated is None:
        raise InputError(f"{folder}: index arrays mean nothing without the data set they count; name its scores too")
    arrays = {name: _indices(folder / f"{name}.npy") for name in (TRAIN, VAL, TEST)}
    if len({len(array) for array in arrays.values()}) > 1:
        raise InputError(
            f"{folder}: train.npy, val.npy and test.npy hold different numbers of splits; fetch them again"
        )
    splits = []
    for number in range(len(arrays[TRAIN])):
        rows = {name: array[number][array[number] != PADDING].tolist() for name, array in arrays.items()}
        counted = {index for indices in rows.values() for index in indices}
        if min(counted, default=0) < 0 or not 0 <= len(rated) - len(counted) <= UNINDEXED or max(counted) >= len(rated):
            raise InputError(
                f"{folder}: split {number} counts {len(counted)} images up to number {max(counted, default=0)}, but"
                f" {rated.name} has {len(rated)} here; index arrays need the whole data set's table"
            )
        splits.append({name: [rated.names[index] for index in indices] for name, indices in rows.items()})
    return splits


def _indices(path: Path) -> np.ndarray:
    """An array of splits x images."""
    try:
        array = read_array(path, "it is not a plain array of numbers; fetch it again")
    except OSError as error:
        raise InputError(f"{path}: no such file; ARNIQA's folder holds train.npy, val.npy and test.npy") from error
    if array.dtype.kind not in "iu" or array.ndim not in (1, 2):
        raise InputError(f"{path}: is not one or two axes of whole numbers")
    return np.atleast_2d(array)
