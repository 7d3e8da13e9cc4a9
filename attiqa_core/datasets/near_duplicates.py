"""Pictures that are almost the same: photographed in one burst, or copied, they leak from training into the test.

In-the-wild sets name no reference, so only the pictures themselves can tell.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from jaxtyping import UInt8, UInt64
from PIL import Image

from attiqa_core.photos.decode import read_rgb

Name = TypeVar("Name")
Hashes = UInt64[np.ndarray, " _images"]
FLAT = 1.0  # mean step between neighbours, in 8-bit levels, below which a picture's hash is noise
CHUNK = 256  # rows compared at once: with 10,000 columns about 20 MB
SET_BITS = np.array([byte.bit_count() for byte in range(256)], dtype=np.uint8)


def difference_hash(path: Path) -> int | None:
    """Return 64 bits: whether each of 8 x 8 cells is darker than its right neighbour; None for a flat picture.

    Scaling, recompression and brightness leave it as it is. Raises: InputError for what is not a picture.
    """
    return hash_of_picture(read_rgb(path))


def hash_of_picture(rgb: UInt8[np.ndarray, "height width 3"]) -> int | None:
    """Return the same of a picture in memory."""
    grey = Image.fromarray(rgb).convert("L").resize((9, 8), Image.Resampling.BOX)
    steps = np.diff(np.asarray(grey, dtype=np.int16), axis=1)
    if np.abs(steps).mean() < FLAT:
        return None
    return int.from_bytes(np.packbits(steps.ravel() > 0).tobytes(), "big")


def hashes(values: Iterable[int]) -> Hashes:
    """Return hashes as an array."""
    return np.fromiter(values, dtype=np.uint64)


def pairs_among(hashed: Mapping[Name, int], distance: int) -> list[tuple[Name, Name]]:
    """Return the pairs of what is hashed, each once and in its order, whose hashes differ in at most `distance` of their 64 bits."""
    names, every = list(hashed), hashes(hashed.values())
    return [(names[one], names[other]) for one, other in close_pairs(every, every, distance) if one < other]


def close_pairs(one: Hashes, other: Hashes, distance: int) -> list[tuple[int, int]]:
    """Return the positions (in one, in other) of hashes that differ in at most `distance` of their 64 bits."""
    pairs = []
    for start in range(0, len(one), CHUNK):
        mixed = one[start : start + CHUNK, None] ^ other[None]
        differing = SET_BITS[mixed[..., None].view(np.uint8)].sum(-1)
        pairs += [(int(row) + start, int(column)) for row, column in np.argwhere(differing <= distance)]
    return pairs
