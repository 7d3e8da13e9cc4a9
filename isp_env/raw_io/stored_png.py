"""PNGs that hold a sensor's numbers and no picture to look at: their samples are taken as they are."""

import struct
from pathlib import Path

import imagecodecs
import numpy as np

from attiqa_core.errors import InputError
from attiqa_core.files.damaged import refusing
from attiqa_core.photos.decode import read_bytes
from attiqa_core.photos.limits import check_pixels

PNG_SIZE = 16  # where width and height stand. Source: PNG specification, IHDR


def read_png(path: Path) -> np.ndarray:
    """Return the samples of a PNG as they are stored. Raises: InputError if it is none, or larger than any picture may be."""
    content = read_bytes(path)
    with refusing(path, "copy it again"):
        width, height = struct.unpack_from(">II", content, PNG_SIZE)
        check_pixels(width, height, str(path))
        try:
            return imagecodecs.png_decode(content)
        except imagecodecs.PngError as error:
            raise InputError(f"{path}: not a whole PNG file ({error}); copy it again") from error
