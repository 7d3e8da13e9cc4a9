"""Finished pictures read back: as every command reads pictures, and how large they are without decoding them."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
import tifffile
from PIL import ExifTags, Image, UnidentifiedImageError

from attiqa_core.errors import InputError
from attiqa_core.files.regular import open_regular
from attiqa_core.photos.decode import read_rgb
from attiqa_core.photos.kinds import readable_formats
from attiqa_core.photos.tiff_files import HEADS
from attiqa_core.photos.upright import SIDEWAYS


def load_picture(path: Path) -> np.ndarray:
    """Return a picture as (H, W, 3) uint8 sRGB, upright. Raises: InputError as `read_rgb`, which it is."""
    return read_rgb(path)


def picture_size(path: Path) -> tuple[int, int]:
    """Return (height, width) in px of a picture as it stands upright, from what it says of itself.

    Raises: InputError if the file is missing or no picture.
    """
    path = Path(path)
    try:
        with open_regular(path) as file:
            head = file.read(4)
            file.seek(0)
            (height, width), orientation = (_size_of_tiff if head in HEADS else _size)(file)
    except (InputError, MemoryError):
        raise
    except UnidentifiedImageError:
        return read_rgb(path).shape[:2]  # which says what the file is
    except Exception as error:  # what a damaged file makes a decoder raise is not documented
        raise InputError(f"{path}: cannot be read as a picture ({error}); was it cut off or renamed?") from error
    return (width, height) if orientation in SIDEWAYS else (height, width)


def _size(file: BinaryIO) -> tuple[tuple[int, int], int]:
    with Image.open(file, formats=readable_formats()) as image:
        return (image.height, image.width), image.getexif().get(ExifTags.Base.Orientation, 1)


def _size_of_tiff(file: BinaryIO) -> tuple[tuple[int, int], int]:
    with tifffile.TiffFile(file) as tiff:
        page = tiff.pages.first
        return (page.imagelength, page.imagewidth), page.tags.valueof(ExifTags.Base.Orientation, 1)
