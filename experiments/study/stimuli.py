"""The pictures of a blind study: finding pairs in two folders and making both sides alike in all but content."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from PIL import Image

from attiqa_core.errors import InputError
from experiments.drawing.sheets import is_sheet
from experiments.pictures.encoders import encode_jpeg
from experiments.pictures.reading import load_picture
from experiments.pictures.writing import PICTURE_SUFFIXES

ASPECT_TOLERANCE = 0.01
JPEG_COMMENT = b"\xff\xfe"
LONGEST_SEGMENT = 65535  # what a JPEG segment's length field can say; it counts its own 2 bytes


def find_pairs(a: Path, b: Path) -> tuple[dict[str, tuple[Path, Path]], list[str]]:
    """Return stem -> (file in a, file in b) for what both folders hold, and a complaint for what has no partner.

    Raises: InputError if a folder is missing or nothing pairs up.
    """
    in_a, complaints_a = _by_stem(a)
    in_b, complaints_b = _by_stem(b)
    pairs = {stem: (in_a[stem], in_b[stem]) for stem in sorted(in_a.keys() & in_b.keys())}
    if not pairs:
        raise InputError(
            f"{a} and {b}: no two pictures share a name (JPEG, PNG or TIFF, paired by name without suffix); "
            f"render the same raws into both folders"
        )
    lonely = [in_a.get(stem) or in_b[stem] for stem in sorted(in_a.keys() ^ in_b.keys())]
    return pairs, complaints_a + complaints_b + [f"{path}: has no partner in the other folder" for path in lonely]


def equal_pair(a: Path, b: Path, long_edge: int) -> tuple[np.ndarray, np.ndarray]:
    """Return both pictures as (H, W, 3) uint8 sRGB of one size: the smaller one's, at most `long_edge` px long.

    Raises: InputError if one cannot be read, their shapes differ by more than 1 %, or they are the same picture.
    """
    left, right = load_picture(a), load_picture(b)
    (height_a, width_a), (height_b, width_b) = left.shape[:2], right.shape[:2]
    if abs(width_a * height_b / (height_a * width_b) - 1) > ASPECT_TOLERANCE:
        raise InputError(f"{a} and {b}: {width_a}x{height_a} and {width_b}x{height_b} differ in shape; crop them alike")
    height, width = min((height_a, width_a), (height_b, width_b), key=lambda size: size[0] * size[1])
    shrink = min(1.0, long_edge / max(height, width))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    left, right = _resized(left, size), _resized(right, size)
    if np.array_equal(left, right):
        raise InputError(f"{a} and {b}: are the same picture; a rater cannot choose between them")
    return left, right


def encode_alike(pictures: Mapping[str, np.ndarray]) -> dict[str, bytes]:
    """Return the pictures as JPEGs of one quality, without metadata, padded to the same number of bytes."""
    contents = {name: encode_jpeg(rgb) for name, rgb in pictures.items()}
    longest = max(map(len, contents.values()))
    return {name: _padded(content, longest) for name, content in contents.items()}


def _by_stem(folder: Path) -> tuple[dict[str, Path], list[str]]:
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder; name the two folders of rendered pictures")
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.iterdir()):
        is_picture = path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".")
        if is_picture and not is_sheet(path):
            found.setdefault(path.stem, []).append(path)
    complaints = [
        f"{paths[0]}: skipped, as {paths[1].name} has the same name; leave one of them"
        for paths in found.values()
        if len(paths) > 1
    ]
    return {stem: paths[0] for stem, paths in found.items() if len(paths) == 1}, complaints


def _resized(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    if (rgb.shape[1], rgb.shape[0]) == size:
        return rgb
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


def _padded(content: bytes, length: int) -> bytes:
    """The JPEG lengthened by comments of zeros before its end: a size tells which picture has more detail.

    Padding shorter than a segment's header of 4 bytes stands behind the end mark, where decoders stop.
    """
    body, end, missing = content[:-2], content[-2:], length - len(content)
    comments = b""
    while missing >= 4:
        segment = min(missing, LONGEST_SEGMENT + 2)
        comments += JPEG_COMMENT + (segment - 2).to_bytes(2, "big") + bytes(segment - 4)
        missing -= segment
    return body + comments + end + bytes(missing)
