"""What a file is that is not read as a picture, by how it begins: the sentence says more than "not an image"."""

from collections.abc import Sequence
from functools import cache

from PIL import Image

FORMATS: Sequence[str] = (
    "JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF", "JPEG2000", "PPM", "TGA", "PCX", "SGI", "ICO",
    "PSD", "QOI", "DDS", "MSP", "XBM", "IM",
)  # fmt: skip
"""What Pillow may read of all that it knows: no format that starts a program (EPS: Ghostscript) or draws (WMF)."""

KINDS: Sequence[tuple[int, bytes, str]] = (
    (4, b"ftypheic", "a HEIF picture (HEIC), which is not read"),
    (4, b"ftypheix", "a HEIF picture (HEIC), which is not read"),
    (4, b"ftypmif1", "a HEIF picture, which is not read"),
    (4, b"ftypmsf1", "a HEIF sequence, which is not read"),
    (4, b"ftypavif", "an AVIF picture, which the installed Pillow does not read (11.3 does)"),
    (4, b"ftypavis", "an AVIF sequence, which the installed Pillow does not read (11.3 does)"),
    (4, b"ftypcrx ", "a Canon raw; render it first (attiqa render)"),
    (0, b"FUJIFILM", "a Fujifilm raw; render it first (attiqa render)"),
    (4, b"ftyp", "a film or a picture in a film's container, which is not read"),
    (0, b"\xff\x0a", "a JPEG XL picture, which is not read"),
    (4, b"JXL ", "a JPEG XL picture, which is not read"),
    (0, b"%!PS", "a PostScript document, which is a program and is not run"),
    (0, b"\xc5\xd0\xd3\xc6", "a PostScript document, which is a program and is not run"),
    (0, b"%PDF", "a PDF document"),
    (0, b"v/1\x01", "an OpenEXR picture, whose white is unknown"),
    (0, b"#?RADIANCE", "a Radiance HDR picture, whose white is unknown"),
    (0, b"PF\n", "a float picture (PFM), whose white is unknown"),
    (0, b"Pf\n", "a float picture (PFM), whose white is unknown"),
    (0, b"<svg", "a drawing (SVG), which is not read"),
    (0, b"<?xml", "XML, perhaps a drawing (SVG), which is not read"),
    (0, b"<!DOCTYPE", "a web page"),
    (0, b"<html", "a web page"),
    (0, b"PK\x03\x04", "a ZIP archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
)


@cache
def readable_formats() -> tuple[str, ...]:
    """Return those of `FORMATS` that the installed Pillow reads: AVIF since 11.3."""
    Image.init()
    return tuple(each for each in FORMATS if each in Image.OPEN)


def kind_of(content: bytes) -> str | None:
    """Return what a file is by its first bytes, or None."""
    return next((kind for place, magic, kind in KINDS if content.startswith(magic, place)), None)
