"""What the head of a raw says of its camera and its time, without reading its picture."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from isp_env.raw_io.decoding.tiff_tags import EXIF, MAKE, MODEL, UNIQUE_MODEL
from isp_env.raw_io.exif.tiff_blocks import Entry, read_directory, tiff_block

CAPTURED = 36867  # DateTimeOriginal


@dataclass(frozen=True)
class Header:
    """The camera of a raw, as "Canon EOS 5D", and when it was taken (ISO 8601); None where the file does not say."""

    camera: str | None = None
    captured_at: str | None = None


def read_header(path: Path) -> Header:
    """Return what a TIFF or DNG on the disk says, as `header_in`. Raises: OSError for a file that cannot be opened."""
    with path.open("rb") as file:
        return header_in(file)


def header_in(file: BinaryIO) -> Header:
    """Return what a TIFF or DNG, or its first bytes, says of its camera and time; nothing where it is damaged, cut off or another.

    The make is left out where the model begins with it ("NIKON D700"), and a make's company form ("NIKON CORPORATION") says
    its first word alone.
    """
    block = tiff_block(file, 0)
    if block is None:
        return Header()
    first = read_directory(file, block, block.first, {MAKE, MODEL, UNIQUE_MODEL, EXIF, CAPTURED})
    exif = {}
    if isinstance(at := first.get(EXIF), list) and isinstance(at[0], int):
        exif = read_directory(file, block, at[0], {CAPTURED})
    model = _text(first.get(MODEL)) or _text(first.get(UNIQUE_MODEL))
    return Header(_camera(_text(first.get(MAKE)), model), _time(_text(exif.get(CAPTURED) or first.get(CAPTURED))))


def _camera(make: str, model: str) -> str | None:
    brand = make.split(" ")[0]
    return model if model.lower().startswith(brand.lower()) and model else f"{brand} {model}".strip() or None


def _text(entry: Entry | None) -> str:
    text = entry.decode("utf-8", "replace") if isinstance(entry, bytes) else ""
    return " ".join(text.split("\0", 1)[0].split())


def _time(text: str) -> str | None:
    try:
        return datetime.strptime(text, "%Y:%m:%d %H:%M:%S").isoformat()
    except ValueError:
        return None
