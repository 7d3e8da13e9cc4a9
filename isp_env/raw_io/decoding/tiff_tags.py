"""TIFF tags as plain numbers, texts and bytes, and the tag numbers that several modules need."""

import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

CFA, LINEAR_RAW = 32803, 34892  # PhotometricInterpretation
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
MAKE, MODEL, ORIENTATION, SAMPLES_PER_PIXEL, SAMPLE_FORMAT = 271, 272, 274, 277, 339
STRIP_OFFSETS, STRIP_BYTES, TILE_OFFSETS, TILE_BYTES = 273, 279, 324, 325
EXIF, DNG_VERSION = 34665, 50706
CFA_DIM, CFA_PATTERN, CFA_PLANE_COLOR, CFA_LAYOUT = 33421, 33422, 50710, 50711
LINEARIZATION, BLACK_DIM, BLACK, WHITE = 50712, 50713, 50714, 50717
BLACK_DELTA_H, BLACK_DELTA_V, CROP_ORIGIN, CROP_SIZE = 50715, 50716, 50719, 50720
ACTIVE_AREA, NOISE_PROFILE = 50829, 51041
NEUTRAL, WHITE_XY = 50728, 50729
COLOR_MATRICES = (50721, 50722, 52531)
OPCODE_LISTS = (51008, 51009, 51022)
ROW_INTERLEAVE, COLUMN_INTERLEAVE = 50975, 52547

SHORT, LONG, RATIONAL, SRATIONAL, FLOAT, DOUBLE = 3, 4, 5, 10, 11, 12  # TIFF field types
IEEE_FLOAT = 3  # SampleFormat

UNREADABLE = (ValueError, KeyError, IndexError, TypeError, OSError, ZeroDivisionError, OverflowError, struct.error)
"""What tifffile raises over damaged files, besides its own error."""

Area = tuple[int, int, int, int]
"""Top, left, height and width in px."""

Tag = tuple[int, Any]
"""A tag's TIFF type and its value: a number, a text, bytes, or a tuple of numbers (two for each rational)."""


def numbers(tags: Mapping[int, Tag], code: int) -> list[float]:
    """Return the values of a tag as floats, rationals divided (NaN for x/0); empty if it is absent or a text."""
    if code not in tags or isinstance(tags[code][1], str | dict | type(None)):
        return []
    kind, content = tags[code]
    values = np.atleast_1d(list(content) if isinstance(content, bytes) else content)
    if kind in (RATIONAL, SRATIONAL):
        return [float(a) / float(b) if b else math.nan for a, b in values.reshape(-1, 2)]
    return [float(value) for value in values]


def number(tags: Mapping[int, Tag], code: int, default: float) -> float:
    """Return the first value of a tag, or the default."""
    return next(iter(numbers(tags, code)), default)
