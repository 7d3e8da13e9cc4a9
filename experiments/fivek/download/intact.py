"""Whether the bytes that came are the picture that was asked for, as far as it can be known without another copy."""

from pathlib import Path

import tifffile

from isp_env.raw_io.decoding.directories import raw_pages
from isp_env.raw_io.decoding.tiff_tags import UNREADABLE

BEGINNINGS = (b"II*\0", b"MM\0*")
"""How a TIFF begins, and so a DNG."""


def no_tiff(path: Path) -> str | None:
    """Return why a file, of which the beginning is here, is no TIFF; None if it is one, as far as it has come."""
    with path.open("rb") as file:
        head = file.read(512)
    if any(beginning.startswith(head[:4]) for beginning in BEGINNINGS):
        return None
    return web_page(path) or "what came is no TIFF and no DNG"


def web_page(path: Path) -> str | None:
    """Return that a file is a web page, as a portal or a proxy gives instead of what was asked for; None if it is not."""
    with path.open("rb") as file:
        head = file.read(512)
    return "a web page came instead" if head.lstrip().lower().startswith((b"<!doctype html", b"<html")) else None


def damaged_tiff(path: Path) -> str | None:
    """Return why a TIFF or DNG is not whole; None if all of its pictures end before the file does.

    A server may call a file complete that it cut off: this is how it shows.
    """
    if path.stat().st_size < 8:
        return "the picture is cut off"
    if wrong := no_tiff(path):
        return wrong
    try:
        with tifffile.TiffFile(path) as tiff:
            ends = [start + size for page in raw_pages(tiff)
                    for start, size in zip(page.dataoffsets, page.databytecounts, strict=False)]  # fmt: skip
    except (tifffile.TiffFileError, *UNREADABLE):
        return "the picture is cut off: its directories end before they should"
    missing = max(ends, default=1) - path.stat().st_size
    return f"the picture is cut off: {missing:,} bytes are missing" if missing > 0 else None
