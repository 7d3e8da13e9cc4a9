"""Pictures of one scene made alike in all but content: size, quality, profile, no metadata, number of bytes."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from attiqa_core.errors import InputError
from experiments.pictures.reading import load_picture, picture_size

ASPECT_TOLERANCE = 0.01
JPEG_COMMENT = b"\xff\xfe"
LONGEST_SEGMENT = 65535  # what a JPEG segment's length field can say; it counts its own 2 bytes
SIZES_PER_DOUBLING = 4


def shared_size(files: Mapping[str, Path], long_edge: int) -> tuple[int, int]:
    """Return (width, height) in px in which all pictures of a scene are shown: the smallest one's, at most `long_edge` px long.

    Raises: InputError if one cannot be read, or their shapes differ by more than 1 %.
    """
    sizes = {path: picture_size(path) for path in files.values()}
    shapes = {path: width / height for path, (height, width) in sizes.items()}
    narrow, wide = min(shapes, key=shapes.__getitem__), max(shapes, key=shapes.__getitem__)
    if shapes[wide] / shapes[narrow] - 1 > ASPECT_TOLERANCE:
        told = " and ".join("{1}x{0}".format(*sizes[path]) for path in (narrow, wide))
        raise InputError(f"{narrow} and {wide}: {told} differ in shape; crop them alike")
    height, width = min(sizes.values(), key=lambda size: size[0] * size[1])
    shrink = min(1.0, long_edge / max(height, width))
    return max(1, round(width * shrink)), max(1, round(height * shrink))


def picture_of_size(path: Path, size: tuple[int, int]) -> np.ndarray:
    """Return a picture as (height, width, 3) uint8 sRGB of `size` (width, height). Raises: InputError if it cannot be read, or
    its name is none that the study's tables can be written with."""
    rgb = load_picture(path)
    if (rgb.shape[1], rgb.shape[0]) == size:
        return rgb
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


def size_class(length: int) -> int:
    """Return the number of bytes that a picture of `length` bytes is padded to: the next of four steps in each doubling.

    Many scenes share one, so that sizes alone tell hardly any scene from another.
    """
    step = max(1, (1 << (max(length, 1).bit_length() - 1)) // SIZES_PER_DOUBLING)
    return -(-length // step) * step


def padded(content: bytes, length: int) -> bytes:
    """Return a JPEG lengthened by comments before its end: a size tells which picture has more detail.

    Comments are noise that the picture alone decides: zeros would shrink in a ZIP or on a compressing file system, and its
    size would tell after all. Padding shorter than a segment's header of 4 bytes stands behind the end mark, where decoders stop.
    """
    body, end, missing = content[:-2], content[-2:], length - len(content)
    comments, noise = b"", hashlib.shake_256(content).digest(max(0, missing))
    while missing >= 4:
        segment = min(missing, LONGEST_SEGMENT + 2)
        comments += JPEG_COMMENT + (segment - 2).to_bytes(2, "big") + noise[missing - segment + 4 : missing]
        missing -= segment
    return body + comments + end + bytes(missing)
