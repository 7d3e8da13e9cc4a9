"""Previews of pictures: a small one for the grid, one to look at, and what was found about the picture, kept in the small one."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from experiments.gallery.measures import measure
from experiments.gallery.shrunk import Shrunk, open_shrunk

VERSION = 1  # of what is kept in a preview
SMALL_PX, VIEW_PX = 400, 1280  # long edges
SMALL_QUALITY, VIEW_QUALITY, FULL_QUALITY = 80, 85, 92
UNREADABLE = (OSError, ValueError, KeyError, TypeError, SyntaxError, RecursionError)


@dataclass(frozen=True)
class Preview:
    """JPEGs of a picture and its facts. `view` is None where the file itself serves as well, `full` where it was not asked for.

    `facts`: `full_px`, `bits`, `in_browsers`, `camera`, `measures`, `bytes`, and the `stamp` by which a changed file is noticed.
    """

    facts: dict[str, Any]
    small: bytes
    view: bytes | None
    full: bytes | None = None


@dataclass(frozen=True)
class Wanted:
    """Which JPEGs are needed: a view in any case (for a page that is to hold all), one of full size of what no browser shows."""

    every_view: bool
    full_size: bool = False


def stamp_of(path: Path) -> list[int]:
    """Return size and time of change of a file, and the version of what is kept: equal as long as a preview is good."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns // 1_000_000, VERSION]


def make_preview(path: Path, wanted: Wanted) -> Preview:
    """Return the preview of a picture. Raises: InputError as `open_shrunk`."""
    stamp, picture = stamp_of(path) if path.is_file() else [], open_shrunk(path, VIEW_PX)
    facts: dict[str, Any] = {
        "stamp": stamp,
        "bytes": stamp[0],
        "full_px": list(picture.full_px),
        "bits": picture.bits,
        "in_browsers": picture.in_browsers,
        "camera": picture.camera,
        "measures": measure(np.asarray(picture.rgb)),
    }
    view = _fitted(picture.rgb, VIEW_PX)
    small = encoded(_fitted(view, SMALL_PX), SMALL_QUALITY, json.dumps(facts).encode())
    needs_full = wanted.full_size and not picture.in_browsers
    return Preview(
        facts,
        small,
        encoded(view, VIEW_QUALITY) if wanted.every_view or needs_view(facts) else None,
        encoded(_whole(path, picture), FULL_QUALITY) if needs_full else None,
    )


def needs_view(facts: dict[str, Any]) -> bool:
    """Return whether looking at the file itself will not do: it is large, of 16 bits, or no browser shows it."""
    return max(facts["full_px"]) > VIEW_PX or facts["bits"] > 8 or not facts["in_browsers"]


def kept_preview(path: Path, wanted: Wanted, read: Callable[[str], bytes | None]) -> Preview | None:
    """Return the preview that was kept, or None if there is none, its picture has changed since, or something wanted is missing.

    `read` returns what is kept of `small`, `view` or `full`.
    """
    if (small := read("small")) is None:
        return None
    try:
        with Image.open(io.BytesIO(small)) as image:
            facts = json.loads(image.info["comment"])
        if facts["stamp"] != stamp_of(path):
            return None
        view = read("view") if wanted.every_view or needs_view(facts) else None
        full = read("full") if wanted.full_size and not facts["in_browsers"] else None
    except UNREADABLE:
        return None
    lacks_view = view is None and (wanted.every_view or needs_view(facts))
    lacks_full = full is None and wanted.full_size and not facts["in_browsers"]
    return None if lacks_view or lacks_full else Preview(facts, small, view, full)


def encoded(image: Image.Image, quality: int, comment: bytes = b"") -> bytes:
    """Return a JPEG of an sRGB picture; without a profile, which browsers take for sRGB."""
    content = io.BytesIO()
    image.save(content, "JPEG", quality=quality, **({"comment": comment} if comment else {}))
    return content.getvalue()


def _fitted(image: Image.Image, long_edge: int) -> Image.Image:
    share = long_edge / max(image.size)
    if share >= 1:
        return image
    size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)


def _whole(path: Path, picture: Shrunk) -> Image.Image:
    """The picture at full size; what no browser shows was decoded whole already."""
    return picture.rgb if picture.rgb.size == picture.full_px else open_shrunk(path, max(picture.full_px)).rgb
