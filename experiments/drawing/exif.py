"""The camera's EXIF for a finished picture: what `RawFrame.metadata` knows, as EXIF fields."""

import math
from collections.abc import Mapping
from fractions import Fraction
from importlib import metadata as packages
from typing import Any

from PIL import Image, TiffImagePlugin

EXIF_IFD = 0x8769
EXIF_HEADER = b"Exif\0\0"
MAKE, MODEL, ORIENTATION, SOFTWARE = 0x010F, 0x0110, 0x0112, 0x0131
EXPOSURE_TIME, F_NUMBER, ISO, FOCAL_LENGTH = 0x829A, 0x829D, 0x8827, 0x920A
EXIF_VERSION, COLOUR_SPACE = 0x9000, 0xA001
LARGEST_ISO = 65535  # the field has 16 bits; EXIF 2.32 has higher speeds written as this value

TEXT_FIELDS = {"make": MAKE, "model": MODEL}
RATIONAL_FIELDS = {"exposure_s": EXPOSURE_TIME, "f_number": F_NUMBER, "focal_length_mm": FOCAL_LENGTH}


def software_name() -> str:
    """Return the program's name and version, as EXIF's Software field holds it."""
    try:
        return f"attiqa-isp {packages.version('attiqa-isp')}"
    except packages.PackageNotFoundError:
        return "attiqa-isp"


def main_fields(metadata: Mapping[str, Any]) -> dict[int, Any]:
    """Return the first directory's fields: maker, model, program, orientation 1 (upright pixels)."""
    texts = {tag: _ascii(metadata[name]) for name, tag in TEXT_FIELDS.items() if metadata.get(name)}
    return {**texts, SOFTWARE: software_name(), ORIENTATION: 1}


def exposure_fields(metadata: Mapping[str, Any]) -> dict[int, Any]:
    """Return the EXIF directory's fields; a number missing, not finite or not positive is left out."""
    fields: dict[int, Any] = {EXIF_VERSION: b"0232", COLOUR_SPACE: 1}
    for name, tag in RATIONAL_FIELDS.items():
        if (number := _positive(metadata.get(name))) is not None:
            fields[tag] = TiffImagePlugin.IFDRational(Fraction(number).limit_denominator(100_000))
    if (iso := _positive(metadata.get("iso"))) is not None:
        fields[ISO] = min(round(iso), LARGEST_ISO)
    return fields


def exif_block(metadata: Mapping[str, Any]) -> bytes:
    """Return the EXIF block of a JPEG, `EXIF_HEADER` included; a PNG's eXIf chunk goes without it."""
    exif = Image.Exif()
    exif.update(main_fields(metadata))
    exif.get_ifd(EXIF_IFD).update(exposure_fields(metadata))
    return exif.tobytes()


def exposure_directory(metadata: Mapping[str, Any], offset: int) -> bytes:
    """Return the EXIF directory as it stands at byte `offset` of a little-endian TIFF file."""
    directory = TiffImagePlugin.ImageFileDirectory_v2(b"II*\0\0\0\0\0")
    for tag, value in exposure_fields(metadata).items():
        directory[tag] = value
    return directory.tobytes(offset)


def _ascii(text: Any) -> str:
    return str(text).strip().encode("ascii", "replace").decode("ascii")


def _positive(number: Any) -> float | None:
    try:
        value = float(number)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) and value > 0 else None
