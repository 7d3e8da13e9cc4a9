"""Whether bytes on the disk are the TIFF or DNG that they should be, by its structure: a few kB of a file are read."""

from pathlib import Path

import tifffile

from isp_env.raw_io.decoding.directories import raw_pages
from isp_env.raw_io.decoding.tiff_tags import TIFF_HEADS, UNREADABLE

PAGES = (b"<!doctype", b"<html", b"<?xml")  # what a portal or a server's error gives in place of a file
WEB_PAGE = "is a web page that came in its place"
HEAD_BYTES, SMALLEST_BYTES = 512, 8


def web_page(path: Path) -> str | None:
    """Return that a file is a web page, as a portal or a proxy gives in the place of another; None if it is none."""
    return WEB_PAGE if _head(path).lstrip().lower().startswith(PAGES) else None


def no_tiff(path: Path) -> str | None:
    """Return why a file of which the beginning is here is no TIFF or DNG, in a few words; None if it may become one."""
    head = _head(path)[:4]
    if any(beginning.startswith(head) for beginning in TIFF_HEADS):
        return None
    return web_page(path) or "begins as no TIFF or DNG does"


def damage_of(path: Path) -> str | None:
    """Return what is wrong with a TIFF or DNG in a few words, None if all its pictures end before the file does.

    A server may call a file complete that it cut off: this is how it shows.
    """
    try:
        size = len(_head(path))
        if wrong := "is empty" if not size else no_tiff(path):
            return wrong
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if size < SMALLEST_BYTES:
        return "is cut off in its first bytes"
    try:
        with tifffile.TiffFile(path) as tiff:
            ends = [start + size for page in raw_pages(tiff)
                    for start, size in zip(page.dataoffsets, page.databytecounts, strict=False)]  # fmt: skip
    except (tifffile.TiffFileError, *UNREADABLE):
        return "is cut off in its directories"
    if not ends:
        return "is cut off: it holds no picture"
    missing = max(ends) - path.stat().st_size
    return f"is cut off: {missing:,} bytes are missing" if missing > 0 else None


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)
