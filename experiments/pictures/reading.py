"""Finished pictures read back: JPEG, PNG and TIFF as 8-bit sRGB, upright."""

import io
from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
from PIL import Image, ImageCms

from attiqa_core.errors import InputError
from attiqa_core.photos.upright import SIDEWAYS, upright
from experiments.pictures.exif import ORIENTATION
from experiments.pictures.icc import srgb_profile
from isp_env.raw_io.decoding.tiff_tags import ICC_PROFILE

UNREADABLE = (
    OSError,
    ValueError,
    RuntimeError,
    SyntaxError,
    ImageCms.PyCMSError,
    Image.DecompressionBombError,
)
TIFF = (".tif", ".tiff")
NO_OPTIMISATION = 0x0100  # of lcms (cmsFLAGS_NOOPTIMIZE): its table of 16 bits is 8 steps of 8 bits off in the dark


def load_picture(path: Path) -> np.ndarray:
    """Return a JPEG, PNG or TIFF as (H, W, 3) uint8 sRGB, upright: 16 bits rounded, other profiles converted.

    Raises: InputError if the file is missing, cut off, or no 8- or 16-bit grey or RGB picture.
    """
    path = Path(path)
    if path.exists() and not path.is_file():  # a named pipe would be waited for
        raise InputError(f"{path}: is no file but a folder, pipe or device; give a picture")
    try:
        reader = _read_tiff if path.suffix.lower() in TIFF else _read_jpeg_or_png
        pixels, orientation, profile = reader(path)
        rgb = _as_8_bit(_to_srgb(_as_rgb(pixels), profile))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except UNREADABLE as error:
        raise InputError(f"{path}: cannot be read as a picture ({error}); was it cut off or renamed?") from error
    return np.ascontiguousarray(upright(rgb, orientation))


def picture_size(path: Path) -> tuple[int, int]:
    """Return (height, width) in px of a JPEG, PNG or TIFF as it stands upright, from what it says of itself.

    Raises: InputError if the file is missing or no picture.
    """
    path = Path(path)
    if not path.is_file():  # a named pipe would be waited for
        raise InputError(f"{path}: no such file")
    try:
        (height, width), orientation = _size_of_tiff(path) if path.suffix.lower() in TIFF else _size(path)
    except UNREADABLE as error:
        raise InputError(f"{path}: cannot be read as a picture ({error}); was it cut off or renamed?") from error
    return (width, height) if orientation in SIDEWAYS else (height, width)


def _size(path: Path) -> tuple[tuple[int, int], int]:
    with Image.open(path) as image:
        return (image.height, image.width), image.getexif().get(ORIENTATION, 1)


def _size_of_tiff(path: Path) -> tuple[tuple[int, int], int]:
    with tifffile.TiffFile(path) as file:
        page = file.pages.first
        return (page.imagelength, page.imagewidth), page.tags.valueof(ORIENTATION, 1)


def _read_jpeg_or_png(path: Path) -> tuple[np.ndarray, int, bytes | None]:
    with Image.open(path) as image:
        orientation, profile = image.getexif().get(ORIENTATION, 1), image.info.get("icc_profile")
        if image.format == "PNG" and (content := path.read_bytes())[24] == 16:  # Pillow keeps the high byte only
            return imagecodecs.png_decode(content), orientation, profile
        return np.asarray(image.convert("RGB")), orientation, profile


def _read_tiff(path: Path) -> tuple[np.ndarray, int, bytes | None]:
    with tifffile.TiffFile(path) as file:
        tags = file.pages.first.tags
        return file.pages.first.asarray(), tags.valueof(ORIENTATION, 1), tags.valueof(ICC_PROFILE)


def _as_rgb(pixels: np.ndarray) -> np.ndarray:
    if pixels.ndim == 2 or pixels.shape[-1] < 3:
        grey = pixels if pixels.ndim == 2 else pixels[..., 0]
        pixels = np.repeat(grey[..., None], 3, axis=-1)
    if pixels.ndim != 3 or pixels.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"{pixels.dtype} samples of shape {pixels.shape}")
    return pixels[..., :3]


def _as_8_bit(rgb: np.ndarray) -> np.ndarray:
    return rgb if rgb.dtype == np.uint8 else ((rgb.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def _to_srgb(rgb: np.ndarray, profile: bytes | None) -> np.ndarray:
    if profile is None or profile == srgb_profile():
        return rgb
    if rgb.dtype == np.uint16:  # at its own depth: linear light has no shadows in 8 bits
        given = (np.ascontiguousarray(rgb), profile, srgb_profile())
        return imagecodecs.cms_transform(*given, colorspace="rgb", outcolorspace="rgb", intent=0, flags=NO_OPTIMISATION)
    source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    target = ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile()))
    return np.asarray(ImageCms.profileToProfile(Image.fromarray(rgb), source, target, outputMode="RGB"))
