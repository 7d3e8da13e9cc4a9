"""TIFF tags as finite numbers, texts and matrices."""

import math
from collections.abc import Mapping

import numpy as np

from isp_env.raw_io.decoding.tiff_tags import Tag, numbers


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
