"""Pixels to the bytes of a file: one function for each format; profile, EXIF and XMP in the place that each has for them."""

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

from experiments.options.picture_output import PictureOutput
from experiments.pictures.exif import (
    EXIF_HEADER,
    EXIF_IFD,
    GPS_IFD,
    OF_JPEG,
    ORIENTATION,
    SOFTWARE,
    directory,
    encoded_text,
    exif_block,
    fitting,
    xmp_packet,
)
from experiments.pictures.icc import srgb_profile
from isp_env.raw_io.decoding.tiff_tags import ASCII
from isp_env.raw_io.exif.fields import EXIF, FIELDS, GPS, MAIN

XMP_NAMESPACE = b"http://ns.adobe.com/xap/1.0/\0"
XMP_TAG = 700
PLACEHOLDERS = {EXIF_IFD - 1: (EXIF_IFD, EXIF), GPS_IFD - 1: (GPS_IFD, GPS)}
"""Unused numbers; tifffile does not write these directories itself, and a TIFF's tags stand in order."""
MOST_EXIF_BYTES = 65535 - 2 - len(EXIF_HEADER)  # in a JPEG: of one segment
END_OF_JFIF = 2 + 18  # of a JPEG: start of image, APP0


@dataclass(frozen=True)
class Accompaniment:
    """What goes into a file beside its pixels: the fields of EXIF and the ICC profile."""

    fields: Mapping[str, Any]
    profile: bytes


Encoder = Callable[[np.ndarray, Accompaniment, PictureOutput], bytes]


def encode_jpeg(
    rgb: np.ndarray,
    *,
    exif: bytes = b"",
    xmp: bytes = b"",
    profile: bytes | None = None,
    quality: int = 95,
    subsampling: str = "444",
) -> bytes:
    """Return a JPEG of (H, W, 3) uint8 with the profile (sRGB's) embedded, and no metadata but `exif` and `xmp`.

    The same bytes as Pillow's, which would copy the picture to four bytes a pixel first.
    """
    rgb = (
        np.ascontiguousarray(rgb).reshape(-1).reshape(rgb.shape)
    )  # strides of one pixel are any to numpy, not to the encoder
    plain = imagecodecs.jpeg8_encode(rgb, level=quality, subsampling=subsampling, optimize=False)
    colours = (
        b"ICC_PROFILE\0" + bytes((1, 1)) + (srgb_profile() if profile is None else profile)
    )  # the first chunk of one
    segments = _jpeg_segment(0xE1, exif) if exif else b""
    segments += _jpeg_segment(0xE1, XMP_NAMESPACE + xmp) if xmp else b""
    return bytes(plain[:END_OF_JFIF]) + segments + _jpeg_segment(0xE2, colours) + bytes(plain[END_OF_JFIF:])


def _jpeg(rgb: np.ndarray, beside: Accompaniment, output: PictureOutput) -> bytes:
    return encode_jpeg(
        rgb,
        exif=EXIF_HEADER + exif_block(fitting({**beside.fields, **OF_JPEG}, MOST_EXIF_BYTES)),
        xmp=xmp_packet(beside.fields),
        profile=beside.profile,
        quality=output.quality,
        subsampling=output.subsampling,
    )


def _jpeg_segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _png(rgb: np.ndarray, beside: Accompaniment, output: PictureOutput) -> bytes:
    """Pillow would write 8 bits only."""
    # Run lengths after the "sub" filter: 4 times faster than zlib's default and no larger on photographs.
    plain = bytes(imagecodecs.png_encode(rgb, level=1, strategy=3, filter=16))
    end_of_header = 8 + 25  # signature, IHDR
    chunks = _png_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(beside.profile))
    chunks += _png_chunk(b"eXIf", exif_block(beside.fields))
    if xmp := xmp_packet(beside.fields):
        chunks += _png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp)
    return plain[:end_of_header] + chunks + plain[end_of_header:]


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _tiff(rgb: np.ndarray, beside: Accompaniment, output: PictureOutput) -> bytes:
    """Deflated; the directories of EXIF and GPS stand at its end."""
    fields = {name: value for name, value in beside.fields.items() if not name.startswith("Pixel")}  # TIFF has its own
    buffer, xmp = io.BytesIO(), xmp_packet(beside.fields)
    tifffile.imwrite(
        buffer,
        rgb,
        byteorder="<",
        photometric="rgb",
        compression="adobe_deflate",
        compressionargs={"level": 1},  # as for PNG: noise leaves nothing for the higher levels to find
        predictor=True,
        iccprofile=beside.profile,
        software=beside.fields["Software"],
        metadata=None,
        extratags=[
            *_main_entries(beside.fields),
            *([(XMP_TAG, "B", len(xmp), xmp, True)] if xmp else []),
            *((placeholder, "I", 1, 0, True) for placeholder in PLACEHOLDERS),
        ],
    )
    content = bytearray(buffer.getvalue())
    buffer.seek(0)
    with tifffile.TiffFile(buffer) as file:
        places = {placeholder: file.pages.first.tags[placeholder].offset for placeholder in PLACEHOLDERS}
    for placeholder, (pointer, name) in PLACEHOLDERS.items():
        content += b"\0" * (len(content) % 2)
        one_long = (4, 1)  # the entry's type and count; its value is where the directory starts
        struct.pack_into("<HHII", content, places[placeholder], pointer, *one_long, len(content))
        content += directory(fields, name).tobytes(len(content))
    return bytes(content)


def _main_entries(fields: Mapping[str, Any]) -> list[tuple[int, str, int, Any, bool]]:
    """The main directory's fields as tifffile takes them; the program's name is its own argument."""
    entries: list[tuple[int, str, int, Any, bool]] = [(ORIENTATION, "H", 1, 1, True)]
    for name, field in FIELDS.items():
        if field.directory == MAIN and field.code != SOFTWARE and name in fields:
            is_text = field.kind == ASCII
            value = encoded_text(fields[name]) if is_text else fields[name]
            entries.append((field.code, "s" if is_text else "H", 0 if is_text else 1, value, True))
    return entries


def _avif(rgb: np.ndarray, beside: Accompaniment, output: PictureOutput) -> bytes:
    """Without Orientation, which is a property of its own here and upright unless it is there; Pillow would write EXIF anew."""
    fields = {name: value for name, value in beside.fields.items() if name != "Orientation"}
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(
        buffer,
        "AVIF",
        quality=output.quality,
        subsampling=":".join(output.subsampling),
        icc_profile=beside.profile,
        exif=exif_block(fields),
        xmp=xmp_packet(beside.fields) or None,
    )
    return buffer.getvalue()


def _jpeg_xl(rgb: np.ndarray, beside: Accompaniment, output: PictureOutput) -> bytes:
    """A container whose boxes before the codestream hold EXIF and XMP (ISO/IEC 18181-2, 9)."""
    lossless = output.quality == 100
    distance = None if lossless else _jxl_distance(output.quality)
    plain = bytes(imagecodecs.jpegxl_encode(rgb, usecontainer=True, lossless=lossless, distance=distance))
    boxes = _box(b"Exif", bytes(4) + exif_block(beside.fields))  # four bytes say where the TIFF header is: at once
    if xmp := xmp_packet(beside.fields):
        boxes += _box(b"xml ", xmp)
    codestream = plain.index(b"jxlc") - 4  # behind the signature, the file type and, for lossless 16 bits, the level
    return plain[:codestream] + boxes + plain[codestream:]


def _jxl_distance(quality: int) -> float:
    """Butteraugli distance of a quality like JPEG's, as libjxl maps it (JxlEncoderDistanceFromQuality)."""
    if quality >= 30:
        return 0.1 + (100 - quality) * 0.09
    return 53 / 3000 * quality * quality - 23 / 20 * quality + 25


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


ENCODERS: dict[str, Encoder] = {"jpg": _jpeg, "png": _png, "tif": _tiff, "avif": _avif, "jxl": _jpeg_xl}
