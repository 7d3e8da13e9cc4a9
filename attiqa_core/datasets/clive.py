"""LIVE In the Wild (CLIVE) in its original files. Source: Ghadiyaram and Bovik 2016, doi 10.1109/TIP.2015.2500021."""

from pathlib import Path

import numpy as np
from scipy.io import loadmat

from attiqa_core.datasets.mos_csv import RatedImages, rated_images
from attiqa_core.errors import InputError
from attiqa_core.scorer import MosRange

TRAINING_IMAGES = 7  # the first rows are the raters' training samples, not part of the data set
CLIVE_RANGE = MosRange(0.0, 100.0)


def read_clive(folder: Path, *, allow_missing: bool = False) -> RatedImages:
    """Return the images of CLIVE's folder (`AllImages_release.mat`, `AllMOS_release.mat`, Images/), MOS in 0 to 100.

    The `.mat` files may lie in `Data/`, the images in `Images/` or `images/`. With `allow_missing`, listed images whose
    file is absent are left out. Raises: InputError for a missing file or lists of different length.
    """
    folder = Path(folder)
    names = [str(cell[0][0]) for cell in _matrix(folder, "AllImages_release")]
    mos = np.asarray(_matrix(folder, "AllMOS_release"), dtype=np.float64).ravel()
    if len(names) != len(mos):
        raise InputError(f"{folder}: {len(names)} image names but {len(mos)} MOS; fetch the original .mat files again")
    images = next((folder / name for name in ("Images", "images") if (folder / name).is_dir()), folder / "Images")
    listed = [(images / name, score) for name, score in zip(names, mos, strict=True)][TRAINING_IMAGES:]
    found = [(path, float(score)) for path, score in listed if path.is_file()]
    if not found:
        raise InputError(f"{images}: holds none of CLIVE's {len(listed)} images; unpack ChallengeDB_release there")
    if len(found) < len(listed) and not allow_missing:
        absent = next(path for path, _ in listed if not path.is_file())
        raise InputError(
            f"{absent}: missing, with {len(listed) - len(found) - 1} others; add --allow-missing to go without"
        )
    return rated_images(folder, [path for path, _ in found], [score for _, score in found], CLIVE_RANGE, "clive")


def _matrix(folder: Path, name: str) -> np.ndarray:
    path = next((each for each in (folder / f"{name}.mat", folder / "Data" / f"{name}.mat") if each.is_file()), None)
    if path is None:
        raise InputError(f"{folder / name}.mat: no such file; name the folder that holds CLIVE's original files")
    try:
        return loadmat(path)[name]
    except (KeyError, ValueError, NotImplementedError) as error:
        raise InputError(f"{path}: is not CLIVE's file ({error})") from error
