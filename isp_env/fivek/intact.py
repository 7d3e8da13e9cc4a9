"""Whether a TIFF or DNG on the disk is whole, by its structure: a few kB of it are read."""

from pathlib import Path

import tifffile

from isp_env.raw_io.decoding.directories import raw_pages
from isp_env.raw_io.decoding.tiff_tags import UNREADABLE

HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")  # TIFF and BigTIFF
PAGES = (b"<!doctype", b"<html", b"<?xml")  # what a portal or a server's error gives in place of a file
HEAD_BYTES = 64


def damage_of(path: Path) -> str | None:
    """Return what is wrong with a TIFF or DNG in a few words, None if all its pictures end before the file does."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if not head:
        return "is empty"
    if head.lstrip().lower().startswith(PAGES):
        return "is a web page that came in its place"
    if not head.startswith(HEADS):
        return "begins as no TIFF or DNG does"
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
