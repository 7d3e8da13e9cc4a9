"""Pictures that Pillow opens, as 8-bit sRGB: decoded, turned upright, their colours converted, laid over white."""

import logging

import numpy as np
from PIL import ExifTags, Image

from attiqa_core.errors import InputError, one_line
from attiqa_core.photos.colour_profiles import UnusableProfile, converted, is_srgb, space_of
from attiqa_core.photos.upright import upright

log = logging.getLogger(__name__)
LARGE_PIXELS = 40_000_000
"""Of a larger picture Pillow's 4 bytes a pixel and our 3 are all that stands in memory; it is copied in strips, which is slower."""
STRIP_PIXELS = 4_000_000
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""As `upright.TURNS`, by Pillow, which is faster."""


def upright_pixels(image: Image.Image, profile: bytes | None, name: str) -> np.ndarray:
    """Return an opened picture as uint8 (height, width, 3) sRGB; `profile` says what its numbers are, None for sRGB.

    A profile that cannot be used is told in the log, and the numbers are taken for sRGB.
    Raises: InputError if its range is unknown; anything for a damaged file.
    """
    image.load()
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)  # Pillow turns a TIFF while it loads it
    image = to_rgb(image, profile, name)
    if image.width * image.height > LARGE_PIXELS:
        return np.ascontiguousarray(upright(_pixels(image), orientation))
    return np.array(image.transpose(TURNS[orientation]) if orientation in TURNS else image)


def to_rgb(image: Image.Image, profile: bytes | None, name: str) -> Image.Image:
    """Return a picture in mode RGB, as sRGB over white. Raises: InputError if its range is unknown."""
    if image.mode.startswith("I") or image.mode == "F":
        image = _rounded(image, name)
    veil = _veil(image)
    if profile is not None:
        try:
            image = _converted(image, profile)
        except UnusableProfile as error:
            log.warning(one_line(f"{name}: its colour profile is {error}; its numbers are taken for sRGB"))
    image = image if image.mode == "RGB" else image.convert("RGBA").convert("RGB") if veil else image.convert("RGB")
    if veil is None:
        return image
    image.putalpha(veil)
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")


def _veil(image: Image.Image) -> Image.Image | None:
    """How opaque each pixel is; None where all are."""
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        return image.convert("RGBA").getchannel("A")
    return None


def _converted(image: Image.Image, profile: bytes) -> Image.Image:
    """The picture without transparency in sRGB. Raises: UnusableProfile."""
    if space_of(profile) == "rgb" and is_srgb(profile):
        return image
    if space_of(profile) == "rgb" and image.mode != "CMYK":
        image = image.convert("RGBA").convert("RGB") if image.mode in ("P", "PA", "RGBa") else image.convert("RGB")
    elif image.mode in ("1", "LA", "La"):
        image = image.convert("L")
    return converted(image, profile)


def _rounded(image: Image.Image, name: str) -> Image.Image:
    """A grey of 16 bits as one of 8."""
    grey = np.asarray(image, dtype=np.float64)
    if image.mode == "F" or grey.min() < 0 or grey.max() > 65535:
        raise InputError(f"{name}: holds float or 32-bit values, whose white is unknown; convert it to 8 or 16 bits")
    return Image.fromarray(np.rint(grey / 257.0).astype(np.uint8))


def _pixels(image: Image.Image) -> np.ndarray:
    """(height, width, 3) uint8."""
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    step = max(1, STRIP_PIXELS // width)
    for top in range(0, height, step):
        below = min(top + step, height)
        pixels[top:below] = np.asarray(image.crop((0, top, width, below)))
    return pixels
