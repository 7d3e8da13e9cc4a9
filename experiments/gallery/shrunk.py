"""Pictures decoded no larger than they are looked at: JPEGs shrunk while they are decoded, in sRGB and upright."""

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image

from attiqa_core.errors import InputError
from attiqa_core.machine.lacks import refuse_lack
from attiqa_core.photos.colour_profiles import UnusableProfile
from attiqa_core.photos.kinds import readable_formats
from attiqa_core.photos.named_colours import FIRST_BYTES, profile_of
from attiqa_core.photos.plain_pictures import upright_pixels
from attiqa_core.photos.upright import SIDEWAYS
from experiments.pictures.reading import load_picture

UNREADABLE = (OSError, ValueError, RuntimeError, SyntaxError)
"""What damaged EXIF makes Pillow raise."""

LARGEST_PX = 150_000_000
"""Of pictures that have to be decoded whole: everything but JPEG. Two workers then hold 2 GB of 16-bit pictures at most."""

IN_BROWSERS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".avif"})
"""Suffixes of what a browser shows as it is."""

ALSO_SIXTEEN_BITS = frozenset({".png", ".tif", ".tiff"})
OTHER_READER = frozenset({".tif", ".tiff", ".jxl"})
EIGHT_BITS = (8, (8,), (8, 8, 8), (8, 8, 8, 8))
PNG_DEPTH = 24  # offset of the bits per sample. Source: PNG specification, IHDR

CAMERA_TAGS = {
    "make": ExifTags.Base.Make,
    "model": ExifTags.Base.Model,
    "lens": ExifTags.Base.LensModel,
    "iso": ExifTags.Base.ISOSpeedRatings,
    "exposure_s": ExifTags.Base.ExposureTime,
    "f_number": ExifTags.Base.FNumber,
    "focal_length_mm": ExifTags.Base.FocalLength,
    "taken": ExifTags.Base.DateTimeOriginal,
}


@dataclass(frozen=True)
class Shrunk:
    """A picture as it was decoded: `rgb` sRGB and upright, its long edge at least as asked or whole; `full_px` width and height
    of the file's picture, upright; `bits` a channel; `camera` what its EXIF says; `in_browsers`: they show the file as it is."""

    rgb: Image.Image
    full_px: tuple[int, int]
    bits: int
    camera: dict[str, str | float]
    in_browsers: bool


def open_shrunk(path: Path, long_edge: int) -> Shrunk:
    """Return a picture of a long edge of at least `long_edge` px; only JPEG is decoded smaller than it is.

    Raises: InputError if it cannot be read, is no regular file, or would have to be decoded whole and is too large for that.
    """
    if not path.is_file():
        raise InputError(f"{path}: is no regular file, or a link to nothing; remove it")
    suffix = path.suffix.lower()
    try:
        bits = 16 if suffix in ALSO_SIXTEEN_BITS and _is_16_bit(path) else 8
        if bits == 16 or suffix in OTHER_READER:
            return _whole(path, bits)
        with Image.open(path, formats=readable_formats()) as image:
            return _shrunk(image, path, long_edge)
    except (InputError, MemoryError):
        raise
    except Exception as error:  # what a damaged file makes a decoder raise is not documented
        refuse_lack(error, path)
        raise InputError(f"{path}: cannot be read as a picture ({error}); was it cut off or renamed?") from error


def _shrunk(image: Image.Image, path: Path, long_edge: int) -> Shrunk:
    orientation, camera = image.getexif().get(ExifTags.Base.Orientation, 1), camera_of(image.getexif())
    width, height = image.size
    full = (height, width) if orientation in SIDEWAYS else (width, height)
    if image.format == "JPEG":
        share = min(1.0, long_edge / max(image.size))
        image.draft(None, (max(1, round(image.width * share)), max(1, round(image.height * share))))
    else:
        _refuse_too_large(path, image.size)
    rgb = Image.fromarray(upright_pixels(image, _profile(image, path), str(path)))
    return Shrunk(rgb, full, 8, camera, path.suffix.lower() in IN_BROWSERS)


def _profile(image: Image.Image, path: Path) -> bytes | None:
    with path.open("rb") as file:
        head = file.read(FIRST_BYTES)
    try:
        return profile_of(image, head, str(path))
    except UnusableProfile:
        return None


def _whole(path: Path, bits: int) -> Shrunk:
    camera: dict[str, str | float] = {}
    # What Pillow does not know the other reader may, or it says what is wrong.
    with contextlib.suppress(Image.UnidentifiedImageError), Image.open(path, formats=readable_formats()) as image:
        _refuse_too_large(path, image.size)
        exif = image.getexif()
        camera, bits = camera_of(exif), 8 if exif.get(ExifTags.Base.BitsPerSample, 16) in EIGHT_BITS else bits
    rgb = Image.fromarray(load_picture(path))
    return Shrunk(rgb, rgb.size, bits, camera, path.suffix.lower() in IN_BROWSERS)


def _is_16_bit(path: Path) -> bool:
    if path.suffix.lower() != ".png":
        return True
    with path.open("rb") as file:
        return file.read(PNG_DEPTH + 1)[PNG_DEPTH:] == b"\x10"


def _refuse_too_large(path: Path, size: tuple[int, int]) -> None:
    if size[0] * size[1] > LARGEST_PX:
        raise InputError(
            f"{path}: {size[0]} x {size[1]} px are more than {LARGEST_PX // 1_000_000} million; save it as JPEG or smaller"
        )


def camera_of(exif: Image.Exif) -> dict[str, str | float]:
    """Return what EXIF says about camera and exposure: texts, and numbers in s, mm; what is absent or damaged is left out."""
    try:
        fields: dict[int, Any] = {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}
    except UNREADABLE:
        return {}
    found = {name: _plain(fields.get(tag)) for name, tag in CAMERA_TAGS.items()}
    return {name: value for name, value in found.items() if value is not None}


def _plain(value: Any) -> str | float | None:
    """A text without ends, or a finite number above 0."""
    if isinstance(value, str):
        return value.replace("\0", " ").strip()[:200] or None
    value = value[0] if isinstance(value, tuple) and value else value
    try:
        number = float(value)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return float(f"{number:.6g}") if np.isfinite(number) and number > 0 else None
