"""The values of TIFF tags as numbers and text."""

import math
from collections.abc import Mapping

import numpy as np

from isp_env.raw_io.decoding.directories import Tag


def numbers(tags: Mapping[int, Tag], code: int) -> list[float]:
    """Return the values of a tag as floats, rationals divided (NaN for n / 0); empty if the tag is absent."""
    if code not in tags:
        return []
    kind, content = tags[code]
    values = np.atleast_1d(list(content) if isinstance(content, bytes) else content)
    if kind in (5, 10):  # RATIONAL, SRATIONAL
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
