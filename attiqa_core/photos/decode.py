"""Photograph files to 8-bit sRGB arrays: reading and decoding them, with a sentence for each that cannot be."""

import io
import logging
import os
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import ExifTags, Image, UnidentifiedImageError

from attiqa_core.errors import InputError, one_line
from attiqa_core.files.names import is_utf8, shown
from attiqa_core.files.regular import open_regular
from attiqa_core.machine.lacks import refuse_lack
from attiqa_core.photos.colour_profiles import UnusableProfile, is_srgb
from attiqa_core.photos.deep_samples import DeepPicture, rounded_rgb
from attiqa_core.photos.kinds import kind_of, readable_formats
from attiqa_core.photos.limits import MAX_BYTES, MAX_JPEG_PIXELS, MAX_PIXELS, check_pixels
from attiqa_core.photos.named_colours import profile_of
from attiqa_core.photos.plain_pictures import upright_pixels
from attiqa_core.photos.tiff_files import HEADS, deep_tiff
from attiqa_core.remote import store
from attiqa_core.remote.address import as_written, is_remote

log = logging.getLogger(__name__)
PNG_DEPTH = 24  # offset of the bits per sample. Source: PNG specification, IHDR


def read_rgb(path: Path | str) -> np.ndarray:
    """Return a photograph as uint8 (height, width, 3) sRGB, upright; transparency is laid over white.

    Other colours than sRGB are converted as the file describes them (`colour_profiles`), samples of 9 to 24 bits rounded
    after that. Of an animation or a file of several pictures the first is taken. A JPEG of more than `MAX_PIXELS` comes
    at half its width and height.
    Raises: InputError if the file is missing, no regular file, empty, cut off, not an image, too large, or its range is
    unknown (float, 32 bits, HDR).
    """
    return decode_rgb(read_bytes(Path(path)), as_written(path))


def read_bytes(path: Path, offset: int = 0, size: int | None = None, name: str | None = None) -> bytes:
    """Return a file's bytes, or `size` of them from `offset`, of an address as well; a pipe or device is not waited for.

    Raises: InputError if they are not all there, or changed while they were read.
    """
    name = name or as_written(path)
    if not is_utf8(name):
        raise InputError(f"{shown(name)}: its name is not UTF-8, which no table can hold; rename it")
    read = _read_elsewhere if is_remote(path) else _read_here
    content, size = read(path, offset, size, name)
    if not content:
        raise InputError(f"{name}: is empty (0 bytes); fetch it again or remove it")
    if len(content) < size:
        raise InputError(f"{name}: only {len(content)} of its {size} bytes are there; fetch it again")
    return content


def _read_elsewhere(path: Path, offset: int, size: int | None, name: str) -> tuple[bytes, int]:
    size = store.size_of(path) - offset if size is None else size
    return store.read(path, offset, _allowed(size, name)), size


def _read_here(path: Path, offset: int, size: int | None, name: str) -> tuple[bytes, int]:
    try:
        with open_regular(path, name) as file:
            before = os.fstat(file.fileno())
            size = before.st_size - offset if size is None else size
            file.seek(offset)
            content = file.read(_allowed(size, name))
            after = os.fstat(file.fileno())
    except OSError as error:
        refuse_lack(error, name)
        raise InputError(f"{name}: cannot be read ({error.strerror or error})") from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise InputError(f"{name}: changed while it was read; wait until it is written, then run the command again")
    return content, size


def _allowed(size: int, name: str) -> int:
    if size > MAX_BYTES:
        raise InputError(f"{name}: {size} bytes are more than {MAX_BYTES}; shrink it first")
    return size


def decode_rgb(content: bytes, name: str) -> np.ndarray:
    """Return the photograph in `content` as `read_rgb` does; `name` is what a message calls it."""
    try:
        deep = deep_tiff(content, name) if content[:4] in HEADS else None
        if deep is not None:
            return _rounded(deep, name)
        with Image.open(io.BytesIO(content), formats=readable_formats()) as opened:
            profile = _checked(opened, content, name)
            if opened.format == "PNG" and content[PNG_DEPTH] == 16:  # Pillow keeps the high byte of colours only
                return _rounded(_deep_png(opened, content, profile), name)
            return upright_pixels(opened, profile, name)
    except UnidentifiedImageError as error:
        kind = kind_of(content)
        what = f"is {kind}, not" if kind else "not"
        raise InputError(f"{name}: {what} an image file; remove it or convert it to JPEG or PNG") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{name}: claims more than {MAX_PIXELS:,} pixels; shrink it first") from error
    except (InputError, MemoryError):
        raise
    except Exception as error:  # what a damaged file makes a decoder raise is not documented
        refuse_lack(error, name)
        raise InputError(f"{name}: cannot be decoded ({error}); it may be cut off, fetch it again") from error


def upright_rgb(image: Image.Image, name: str) -> np.ndarray:
    """Return an opened image as `read_rgb` does; `name` is what a message calls it."""
    check_pixels(*image.size, name)
    return upright_pixels(image.copy(), profile_of(image, b"", name), name)


def _checked(image: Image.Image, content: bytes, name: str) -> bytes | None:
    """What the numbers of a picture are, which is no larger than is read. Raises: InputError."""
    profile = _described(image, content, name)
    width, height = image.size
    if width * height > MAX_PIXELS and image.format in ("JPEG", "MPO") and not image.info.get("progressive"):
        check_pixels(width, height, name, MAX_JPEG_PIXELS)
        image.draft(None, (width // 2, height // 2))  # what is progressive would be held whole by the decoder
    check_pixels(*image.size, name)
    return profile


def _described(image: Image.Image, content: bytes, name: str) -> bytes | None:
    try:
        return profile_of(image, content, name)
    except UnusableProfile as error:
        log.warning(one_line(f"{name}: its colours are {error}; its numbers are taken for sRGB"))
        return None


def _deep_png(image: Image.Image, content: bytes, profile: bytes | None) -> DeepPicture:
    samples = imagecodecs.png_decode(content)
    samples = samples if samples.ndim == 3 else samples[..., None]
    count = samples.shape[-1] - (samples.shape[-1] % 2 == 0)  # an even number has an alpha channel
    alpha = samples[..., count] if samples.shape[-1] > count else None
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    return DeepPicture(samples[..., :count], "grey" if count == 1 else "rgb", profile, alpha, False, orientation)


def _rounded(picture: DeepPicture, name: str) -> np.ndarray:
    """The picture by its profile, else as sRGB with a line in the log."""
    try:
        if picture.profile is not None and is_srgb(picture.profile):
            picture = replace(picture, profile=None)
        return rounded_rgb(picture)
    except UnusableProfile as error:
        log.warning(one_line(f"{name}: its colour profile is {error}; its numbers are taken for sRGB"))
        return rounded_rgb(replace(picture, profile=None))
