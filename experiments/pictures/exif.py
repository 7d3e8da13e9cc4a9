"""A finished picture's EXIF: what its raw told of the capture, and what is true of the picture itself."""

import math
from collections.abc import Mapping
from fractions import Fraction
from importlib import metadata as packages
from typing import Any

from PIL.TiffImagePlugin import IFDRational, ImageFileDirectory_v2

from isp_env.raw_io.decoding.tiff_tags import ASCII, BYTE, LONG, SHORT, UNDEFINED
from isp_env.raw_io.exif.fields import EXIF, FIELDS, GPS, LARGEST_SHORT, MAIN, RATIONALS, ExifField

EXIF_IFD, GPS_IFD = 0x8769, 0x8825
EXIF_HEADER = b"Exif\0\0"
TIFF_HEADER = b"II*\0\x08\0\0\0"
OF_JPEG = {"ComponentsConfiguration": [1, 2, 3, 0], "YCbCrPositioning": 1}  # Y, Cb, Cr; chroma between its pixels
ORIENTATION, SOFTWARE, SPEED = 0x0112, 0x0131, 0x8827
UNCALIBRATED = 65535  # ColorSpace of anything but sRGB
RECOMMENDED_EXPOSURE_INDEX = 2  # a SensitivityType
OF_THE_PICTURE: dict[str, ExifField] = {
    "Orientation": ExifField(MAIN, ORIENTATION, SHORT),
    "YCbCrPositioning": ExifField(MAIN, 0x0213, SHORT),
    "ExifVersion": ExifField(EXIF, 0x9000, UNDEFINED, 4),
    "ComponentsConfiguration": ExifField(EXIF, 0x9101, UNDEFINED, 4),
    "FlashpixVersion": ExifField(EXIF, 0xA000, UNDEFINED, 4),
    "ColorSpace": ExifField(EXIF, 0xA001, SHORT),
    "PixelXDimension": ExifField(EXIF, 0xA002, LONG),
    "PixelYDimension": ExifField(EXIF, 0xA003, LONG),
}
TEXTS = {"make": "Make", "model": "Model", "lens_make": "LensMake", "lens_model": "LensModel"}
NUMBERS = {"exposure_s": "ExposureTime", "f_number": "FNumber", "focal_length_mm": "FocalLength"}


def software_name() -> str:
    """Return the program's name and version, as EXIF's Software field holds it."""
    try:
        return f"attiqa-isp {packages.version('attiqa-isp')}"
    except packages.PackageNotFoundError:
        return "attiqa-isp"


def picture_fields(
    metadata: Mapping[str, Any], height: int, width: int, space: str, gps: bool = True
) -> dict[str, Any]:
    """Return the fields by their EXIF names: of `metadata["exif"]` (what `read_capture` returns), completed by its other entries.

    Without `gps`, nothing of where it was. Upright pixels, sizes, colour space and program are the picture's own. A speed that the 16-bit field cannot hold is its largest
    value there, and whole in RecommendedExposureIndex (Exif 3.0, annex G).
    """
    fields = _of_raw(metadata) | {name: value for name, value in metadata.get("exif", {}).items() if name in FIELDS}
    if not gps:
        fields = {name: value for name, value in fields.items() if FIELDS[name].directory != GPS}
    speed = fields.get("PhotographicSensitivity", 0)
    if speed > LARGEST_SHORT:
        fields["PhotographicSensitivity"] = LARGEST_SHORT
        fields.setdefault("RecommendedExposureIndex", speed)
        fields.setdefault("SensitivityType", RECOMMENDED_EXPOSURE_INDEX)
    own = {
        "Software": software_name(),
        "Orientation": 1,
        "ExifVersion": list(b"0232"),
        "FlashpixVersion": list(b"0100"),
        "ColorSpace": 1 if space == "srgb" else UNCALIBRATED,
        "PixelXDimension": width,
        "PixelYDimension": height,
    }
    return fields | own


def _of_raw(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a raw's decoder knows; a number missing, not finite or not positive is left out."""
    texts = {name: _printable(str(metadata.get(key) or "")) for key, name in TEXTS.items()}
    fields: dict[str, Any] = {name: text for name, text in texts.items() if text}
    for key, name in NUMBERS.items():
        if (number := _positive(metadata.get(key))) is not None:
            fields[name] = list(Fraction(number).limit_denominator(100_000).as_integer_ratio())
    if (speed := _positive(metadata.get("iso"))) is not None:
        fields["PhotographicSensitivity"] = max(1, round(speed))
    if captured_at := metadata.get("captured_at"):
        fields["DateTimeOriginal"] = str(captured_at)[:19].replace("-", ":").replace("T", " ")
    return fields


def _printable(text: str) -> str:
    """The text without control characters and bytes that were none, which a damaged file has in it."""
    return "".join(each for each in text if each.isprintable() and each != "\N{REPLACEMENT CHARACTER}").strip()


def _positive(number: Any) -> float | None:
    try:
        value = float(number)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) and value > 0 else None


def exif_block(fields: Mapping[str, Any]) -> bytes:
    """Return a little-endian TIFF block of the three directories: PNG's eXIf, and a JPEG's after `EXIF_HEADER`."""
    names = {GPS_IFD: GPS, EXIF_IFD: EXIF}
    parts = {pointer: directory(fields, name) for pointer, name in names.items()}
    main = directory(fields, MAIN)
    pointers = [pointer for pointer, part in parts.items() if part]
    for pointer in pointers:
        main.tagtype[pointer] = LONG
        main[pointer] = 0
    end = len(TIFF_HEADER) + len(main.tobytes(len(TIFF_HEADER)))
    content = b""
    for pointer in pointers:
        main[pointer] = end + len(content)
        content += parts[pointer].tobytes(end + len(content))
    return TIFF_HEADER + main.tobytes(len(TIFF_HEADER)) + content


def fitting(fields: Mapping[str, Any], most_bytes: int) -> dict[str, Any]:
    """Return the fields without the longest texts that keep their block from fitting into so many bytes."""
    kept = dict(fields)
    while len(exif_block(kept)) > most_bytes:
        del kept[max(kept, key=lambda name: len(kept[name].encode()) if isinstance(kept[name], str) else 0)]
    return kept


def directory(fields: Mapping[str, Any], name: str) -> ImageFileDirectory_v2:
    """Return one directory (MAIN, EXIF or GPS) of the fields; `tobytes(offset)` writes it for that place in a TIFF file."""
    entries = ImageFileDirectory_v2(TIFF_HEADER)
    for field_name, field in (FIELDS | OF_THE_PICTURE).items():
        if field.directory == name and field_name in fields:
            entries.tagtype[field.code] = SHORT if field.code == SPEED else field.kind
            entries[field.code] = _stored(field, fields[field_name])
    return entries


def _stored(field: ExifField, value: Any) -> Any:
    if field.kind == ASCII:
        return encoded_text(value)
    if field.kind == UNDEFINED and field.count == 0:
        return b"ASCII\0\0\0" + value.encode() if value.isascii() else b"UNICODE\0" + value.encode("utf-16-le")
    if field.kind in (BYTE, UNDEFINED):
        return bytes([value] if isinstance(value, int) else value)
    if field.kind in RATIONALS:
        return IFDRational(*value) if field.count == 1 else tuple(IFDRational(*ratio) for ratio in value)
    return value


def encoded_text(text: str) -> bytes:
    """Return a text as its field holds it, without the closing zero: UTF-8 (Metadata Working Group 2.0, 5.2)."""
    return text.encode("utf-8", "replace")


def xmp_packet(fields: Mapping[str, Any]) -> bytes:
    """Return an XMP packet with the rating, where viewers look for it; empty if there is none."""
    if "Rating" not in fields:
        return b""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="{fields["Rating"]}"/>'
        '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    ).encode()
