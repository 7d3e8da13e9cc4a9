"""Photos of FiveK that show almost the same, which a split by number tears apart: by a hash of their small pictures."""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import tifffile

from attiqa_core.datasets.near_duplicates import hash_of_picture, pairs_among
from isp_env.finished_pictures.expert_tiff import MOST_PIXELS
from isp_env.fivek.folder import FiveKFolder
from isp_env.fivek.photos import EXPERTS, INPUT
from isp_env.fivek.splits import PARTS, Split
from isp_env.raw_io.decoding.tiff_tags import UNREADABLE

LARGEST_PREVIEW_PX = 4096 * 4096  # a preview of more is no small picture
RGB = 2  # PhotometricInterpretation
DISTANCE = 4  # of 64 bits

Progress = Callable[[Sequence[int]], Iterable[int]]
Pair = tuple[int, int]


def find_look_alikes(
    folder: FiveKFolder, distance: int = DISTANCE, progress: Progress = list
) -> tuple[list[Pair], list[int]]:
    """Return pairs of photos whose difference hashes differ in at most `distance` of 64 bits, and those not looked at.

    A raw's own preview is looked at (its first directory, as Adobe's converter writes it), else the input's or an expert's
    TIFF. A photo of which no picture can be read, or a flat one, is not looked at.
    """
    found: dict[int, int] = {}
    for number in progress(list(folder.names)):
        picture = small_picture(folder, number)
        value = None if picture is None else hash_of_picture(picture)
        if value is not None:
            found[number] = value
    return pairs_among(found, distance), [number for number in folder.names if number not in found]


def across(split: Split, pairs: Iterable[Pair]) -> dict[tuple[str, str], list[Pair]]:
    """Return the pairs that lie on two of a split's training, validation and test, by these two."""
    side_of = {number: part for part in PARTS if part in split.sides for number in split.sides[part]}
    torn: dict[tuple[str, str], list[Pair]] = {two: [] for two in combinations(PARTS, 2)}
    for one, other in pairs:
        sides = {side_of.get(one), side_of.get(other)}
        for two in torn:
            if sides == set(two):
                torn[two].append((one, other))
    return {two: found for two, found in torn.items() if found}


def small_picture(folder: FiveKFolder, number: int) -> np.ndarray | None:
    """Return a picture of a photo as (H, W, 3) uint8, whatever its colour space; None if none can be read."""
    raw = folder.raw(number)
    preview = None if raw is None else _first_picture(raw)
    if preview is not None:
        return preview
    tiffs = (path for kind in (INPUT, *EXPERTS) if (path := folder.files[kind].get(number)))
    return next((picture for path in tiffs if (picture := _first_picture(path, whole=True)) is not None), None)


def _first_picture(path: Path, *, whole: bool = False) -> np.ndarray | None:
    """The RGB picture of a file's first directory; a large one only with `whole`."""
    try:
        with tifffile.TiffFile(path) as tiff:
            page = tiff.pages.first
            height, width = page.shape[:2]
            largest = MOST_PIXELS if whole else LARGEST_PREVIEW_PX
            if page.photometric != RGB or page.samplesperpixel != 3 or not 0 < height * width <= largest:
                return None
            pixels = page.asarray()
    except (RuntimeError, MemoryError, tifffile.TiffFileError, *UNREADABLE):  # RuntimeError: imagecodecs'
        return None
    return pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)
