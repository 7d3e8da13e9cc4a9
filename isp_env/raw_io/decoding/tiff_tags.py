"""TIFF tags as numbers, texts and matrices, and the tag numbers that several modules need."""

import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np

TIFF_HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""How a TIFF begins, and so a DNG; the last two are BigTIFF's."""

CFA, LINEAR_RAW = 32803, 34892  # PhotometricInterpretation
WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC = 256, 257, 258, 259, 262
MAKE, MODEL, ORIENTATION, SAMPLES_PER_PIXEL, SAMPLE_FORMAT = 271, 272, 274, 277, 339
STRIP_OFFSETS, STRIP_BYTES, TILE_OFFSETS, TILE_BYTES = 273, 279, 324, 325
EXIF, ICC_PROFILE, DNG_VERSION, UNIQUE_MODEL = 34665, 34675, 50706, 50708
CFA_DIM, CFA_PATTERN, CFA_PLANE_COLOR, CFA_LAYOUT = 33421, 33422, 50710, 50711
LINEARIZATION, BLACK_DIM, BLACK, WHITE = 50712, 50713, 50714, 50717
BLACK_DELTA_H, BLACK_DELTA_V, CROP_ORIGIN, CROP_SIZE = 50715, 50716, 50719, 50720
ACTIVE_AREA, NOISE_PROFILE, DEFAULT_SCALE = 50829, 51041, 50718
ANALOG_BALANCE, NEUTRAL, WHITE_XY = 50727, 50728, 50729
COLOR_MATRICES, CAMERA_CALIBRATIONS, FORWARD_MATRICES = (
    (50721, 50722, 52531),
    (50723, 50724, 52530),
    (50964, 50965, 52532),
)
ILLUMINANTS, ILLUMINANT_DATA = (50778, 50779, 52529), (52533, 52534, 52535)
OPCODE_LISTS = (51008, 51009, 51022)
ROW_INTERLEAVE, COLUMN_INTERLEAVE = 50975, 52547

BYTE, ASCII, SHORT, LONG, RATIONAL, UNDEFINED, SRATIONAL, FLOAT, DOUBLE = (
    1,
    2,
    3,
    4,
    5,
    7,
    10,
    11,
    12,
)  # TIFF field types
IEEE_FLOAT = 3  # SampleFormat

CURE = "its tags are damaged: copy it from the camera again"
"""How a sentence about tags that cannot be true ends."""

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
    """Return the first value of a tag; the default if the tag is absent or its value is not finite."""
    values = numbers(tags, code)
    return values[0] if values and math.isfinite(values[0]) else default


def text(tags: Mapping[int, Tag], code: int) -> str:
    """Return a tag as text, empty if it is absent; bytes are UTF-8."""
    content = tags[code][1] if code in tags else ""
    decoded = content.decode(errors="replace") if isinstance(content, bytes) else str(content)
    return decoded.split("\0", 1)[0].strip(" ")


def matrix(tags: Mapping[int, Tag], code: int) -> np.ndarray | None:
    """Return a tag as a 3 x 3 matrix; None if it is absent, of another size (of four colours) or not finite."""
    values = np.array(numbers(tags, code))
    return values.reshape(3, 3) if values.size == 9 and np.isfinite(values).all() else None
