"""Finished pictures as files: 8-bit JPEG, 16-bit PNG and TIFF, with an sRGB profile and the camera's EXIF."""

import functools
import io
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import imagecodecs
import numpy as np
import tifffile
from PIL import Image, ImageCms
from torch import Tensor

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files import replacing
from experiments.drawing.exif import (
    EXIF_HEADER,
    EXIF_IFD,
    MAKE,
    MODEL,
    ORIENTATION,
    exif_block,
    exposure_directory,
    main_fields,
    software_name,
)
from isp_env.stages.output import quantise

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")
EXIF_PLACEHOLDER = EXIF_IFD - 1  # unused; tifffile does not write EXIF_IFD itself, and a TIFF's tags stand in order
ICC_TAG = 34675
END_OF_JFIF = 2 + 18  # of a JPEG: start of image, APP0
PROFILE_DATE = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)  # lcms writes the present time: equal pictures would differ
UNREADABLE = (
    OSError,
    ValueError,
    RuntimeError,
    SyntaxError,
    ImageCms.PyCMSError,
    Image.DecompressionBombError,
)
UPRIGHT = {
    1: lambda rgb: rgb,
    2: lambda rgb: rgb[:, ::-1],
    3: lambda rgb: rgb[::-1, ::-1],
    4: lambda rgb: rgb[::-1],
    5: lambda rgb: rgb.swapaxes(0, 1),
    6: lambda rgb: np.rot90(rgb, -1),
    7: lambda rgb: rgb[::-1, ::-1].swapaxes(0, 1),
    8: lambda rgb: np.rot90(rgb),
}
"""EXIF orientation -> what turns the stored pixels upright."""


def save_picture(
    path: Path, display_rgb: Tensor | np.ndarray, *, metadata: Mapping[str, Any], quality: int = 95
) -> None:
    """Write one (3, H, W) display sRGB picture, range [0, 1], in the format that the suffix of `path` names.

    Raises: what `save_pixels` does; InputError for NaN or infinity.
    """
    pixels = quantise(_as_array(display_rgb), bits_of(path), str(path))
    save_pixels(path, pixels, metadata=metadata, quality=quality)


def bits_of(path: Path) -> Literal[8, 16]:
    """Return how many bits a picture of this name holds per channel. Raises: UsageError for another suffix."""
    suffix = Path(path).suffix.lower()
    if suffix not in PICTURE_SUFFIXES:
        raise UsageError(f"{path}: a picture is written as .jpg, .png or .tif; choose one of these suffixes")
    return 8 if suffix in (".jpg", ".jpeg") else 16


def save_pixels(path: Path, pixels: np.ndarray, *, metadata: Mapping[str, Any], quality: int = 95) -> None:
    """Write one (H, W, 3) sRGB picture of `bits_of(path)` bits in the format that the suffix of `path` names.

    .jpg is 8 bits, 4:4:4; .png and .tif are 16 bits (deflate). All embed an sRGB profile and hold the fields of
    `RawFrame.metadata` as EXIF, orientation 1: the pixels are upright.

    Raises: UsageError for another suffix; ResourceError if the disk is full.
    """
    path = Path(path)
    assert pixels.dtype == (np.uint8 if bits_of(path) == 8 else np.uint16) and pixels.shape[2:] == (3,)
    if path.suffix.lower() in (".jpg", ".jpeg"):
        content = encode_jpeg(pixels, exif=exif_block(metadata), quality=quality)
    elif path.suffix.lower() == ".png":
        content = encode_png(pixels, metadata)
    else:
        content = encode_tiff(pixels, metadata)
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def encode_jpeg(rgb: np.ndarray, *, exif: bytes = b"", quality: int = 95) -> bytes:
    """Return a 4:4:4 JPEG of (H, W, 3) uint8 sRGB with the profile embedded, and no metadata but `exif`.

    The same bytes as Pillow's, which would copy the picture to four bytes a pixel first.
    """
    plain = imagecodecs.jpeg8_encode(np.ascontiguousarray(rgb), level=quality, subsampling="444", optimize=False)
    profile = b"ICC_PROFILE\0" + bytes((1, 1)) + srgb_profile()  # the first chunk of one
    segments = (_jpeg_segment(0xE1, exif) if exif else b"") + _jpeg_segment(0xE2, profile)
    return bytes(plain[:END_OF_JFIF]) + segments + bytes(plain[END_OF_JFIF:])


def encode_png(rgb: np.ndarray, metadata: Mapping[str, Any]) -> bytes:
    """Return a PNG of (H, W, 3) uint16 sRGB with profile and EXIF (Pillow would write 8 bits only)."""
    # Run lengths after the "sub" filter: 4 times faster than zlib's default and no larger on photographs.
    plain = bytes(imagecodecs.png_encode(rgb, level=1, strategy=3, filter=16))
    profile = b"sRGB\0\0" + zlib.compress(srgb_profile())
    exif = exif_block(metadata).removeprefix(EXIF_HEADER)
    end_of_header = 8 + 25  # signature, IHDR
    chunks = _png_chunk(b"iCCP", profile) + _png_chunk(b"eXIf", exif)
    return plain[:end_of_header] + chunks + plain[end_of_header:]


def encode_tiff(rgb: np.ndarray, metadata: Mapping[str, Any]) -> bytes:
    """Return a deflated TIFF of (H, W, 3) uint16 sRGB with the profile and, at its end, an EXIF directory."""
    texts = [(tag, "s", 0, value, True) for tag, value in main_fields(metadata).items() if tag in (MAKE, MODEL)]
    placeholder = (EXIF_PLACEHOLDER, "I", 1, 0, True)
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        rgb,
        byteorder="<",
        photometric="rgb",
        compression="adobe_deflate",
        compressionargs={"level": 1},  # as for PNG: noise leaves nothing for the higher levels to find
        predictor=True,
        iccprofile=srgb_profile(),
        software=software_name(),
        metadata=None,
        extratags=[*texts, (ORIENTATION, "H", 1, 1, True), placeholder],
    )
    end = len(buffer.getvalue())
    buffer.seek(0)
    with tifffile.TiffFile(buffer) as file:
        entry = file.pages.first.tags[EXIF_PLACEHOLDER].offset
    content = bytearray(buffer.getvalue() + b"\0" * (end % 2))
    one_long = (4, 1)  # the entry's type and count; its value is where the directory starts
    struct.pack_into("<HHII", content, entry, EXIF_IFD, *one_long, len(content))
    return bytes(content) + exposure_directory(metadata, len(content))


def load_picture(path: Path) -> np.ndarray:
    """Return a JPEG, PNG or TIFF as (H, W, 3) uint8 sRGB, upright: 16 bits rounded, other profiles converted.

    Raises: InputError if the file is missing, cut off, or no 8- or 16-bit grey or RGB picture.
    """
    path = Path(path)
    try:
        tiff = path.suffix.lower() in (".tif", ".tiff")
        pixels, orientation, profile = _read_tiff(path) if tiff else _read_jpeg_or_png(path)
        rgb = _to_srgb(_as_8_bit_rgb(pixels), profile)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except UNREADABLE as error:
        raise InputError(f"{path}: cannot be read as a picture ({error}); was it cut off or renamed?") from error
    return np.ascontiguousarray(UPRIGHT.get(orientation, UPRIGHT[1])(rgb))


def _read_jpeg_or_png(path: Path) -> tuple[np.ndarray, int, bytes | None]:
    with Image.open(path) as image:
        orientation, profile = image.getexif().get(ORIENTATION, 1), image.info.get("icc_profile")
        if image.format == "PNG" and (content := path.read_bytes())[24] == 16:  # Pillow keeps the high byte only
            return imagecodecs.png_decode(content), orientation, profile
        return np.asarray(image.convert("RGB")), orientation, profile


def _read_tiff(path: Path) -> tuple[np.ndarray, int, bytes | None]:
    with tifffile.TiffFile(path) as file:
        tags = file.pages.first.tags
        return file.pages.first.asarray(), tags.valueof(ORIENTATION, 1), tags.valueof(ICC_TAG)


def _as_8_bit_rgb(pixels: np.ndarray) -> np.ndarray:
    if pixels.ndim == 2 or pixels.shape[-1] < 3:
        grey = pixels if pixels.ndim == 2 else pixels[..., 0]
        pixels = np.repeat(grey[..., None], 3, axis=-1)
    if pixels.ndim != 3 or pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"{pixels.dtype} samples of shape {pixels.shape}")
    rgb = pixels[..., :3]
    return rgb if rgb.dtype == np.uint8 else ((rgb.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def _to_srgb(rgb: np.ndarray, profile: bytes | None) -> np.ndarray:
    if profile is None or profile == srgb_profile():
        return rgb
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    target = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    return np.asarray(ImageCms.profileToProfile(Image.fromarray(rgb), source, target, outputMode="RGB"))


@functools.cache
def srgb_profile() -> bytes:
    """Return an sRGB ICC profile (lcms's built-in one, at a fixed date)."""
    content = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return content[:24] + PROFILE_DATE + content[36:]


def _jpeg_segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _as_array(display_rgb: Tensor | np.ndarray) -> np.ndarray:
    pixels = display_rgb.detach().cpu().numpy() if isinstance(display_rgb, Tensor) else np.asarray(display_rgb)
    assert pixels.ndim == 3 and pixels.shape[0] == 3, f"a picture is (3, H, W), not {pixels.shape}"
    return pixels
