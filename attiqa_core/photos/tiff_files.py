"""TIFFs that Pillow would not read, or not rightly: over 8 bits, Lab, BigTIFF, and those to refuse by what they are."""

import io
import logging

import numpy as np
import tifffile

from attiqa_core.errors import InputError
from attiqa_core.photos.deep_samples import WHITE, DeepPicture, Space
from attiqa_core.photos.limits import check_pixels

HEADS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
BIG = (b"II+\0", b"MM\0+")
MIN_IS_WHITE, MIN_IS_BLACK, RGB, PALETTE, CMYK, YCBCR, CIE_LAB, ICC_LAB = 0, 1, 2, 3, 5, 6, 8, 9  # TIFF 6.0
SPACES: dict[int, Space] = {
    MIN_IS_WHITE: "grey",
    MIN_IS_BLACK: "grey",
    RGB: "rgb",
    CMYK: "cmyk",
    CIE_LAB: "cielab",
    ICC_LAB: "icclab",
}
CHANNELS: dict[Space, int] = {"grey": 1, "rgb": 3, "cmyk": 4, "cielab": 3, "icclab": 3}
UNSIGNED = 1  # SampleFormat
FLOAT, SIGNED = 3, 2
DEEPEST_BITS = 24
PREMULTIPLIED, UNASSOCIATED = 1, 2  # ExtraSamples
SMALLER_COPY = 1  # NewSubfileType
MOST_CHANNELS = 8
SUB_PICTURES, ICC_PROFILE, ORIENTATION, DNG_VERSION = 330, 34675, 274, 50706
LAYOUTS = {"YX": lambda a: a[..., None], "YXS": lambda a: a, "SYX": lambda a: a.transpose(1, 2, 0)}
"""tifffile's names of axes -> what makes (height, width, channels) of them."""

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # what it says of damaged files our own sentence says


def deep_tiff(content: bytes, name: str) -> DeepPicture | None:
    """Return the first picture of a TIFF; None where it has at most 8 bits and Pillow reads it rightly.

    Raises: InputError for what is not read, with what it is; anything for a damaged file.
    """
    with tifffile.TiffFile(io.BytesIO(content)) as tiff:
        page = tiff.pages.first
        assert isinstance(page, tifffile.TiffPage)
        _check_kind(page, name)
        if content[:4] not in BIG and _is_plain(page):
            return None
        check_pixels(page.imagewidth, page.imagelength, name)
        _check_samples(page, name)
        samples = LAYOUTS[page.axes](page.asarray())
        if (
            page.bitspersample == 24 and tiff.byteorder == "<"
        ):  # tifffile unpacks every odd depth from the highest bit on
            samples = (samples & 0xFF) << 16 | samples & 0xFF00 | samples >> 16
        tags = page.tags
        return _picture(page, samples, tags.valueof(ICC_PROFILE), tags.valueof(ORIENTATION, 1))


def _is_plain(page: tifffile.TiffPage) -> bool:
    """Whether Pillow reads it: bytes, or bits of one grey or index."""
    usual = page.photometric in (MIN_IS_WHITE, MIN_IS_BLACK, RGB, PALETTE, CMYK, YCBCR)
    bits = page.bitspersample
    return usual and page.sampleformat == UNSIGNED and (bits == 8 or (bits in (1, 2, 4) and page.samplesperpixel == 1))


def _check_kind(page: tifffile.TiffPage, name: str) -> None:
    """Raises: InputError for a raw, whose first picture is at most a thumbnail."""
    raw = DNG_VERSION in page.tags or getattr(page.photometric, "name", "") in ("CFA", "LINEAR_RAW")
    if raw or (page.subfiletype & SMALLER_COPY and SUB_PICTURES in page.tags):
        raise InputError(f"{name}: is a raw, or holds only a thumbnail of a picture; render it first (attiqa render)")


def _check_samples(page: tifffile.TiffPage, name: str) -> None:
    """Raises: InputError, which says what the file is, for samples whose white is unknown and colours that are not read."""
    kind = getattr(page.photometric, "name", page.photometric)
    told = f"{name}: is a TIFF of {page.samplesperpixel} x {page.bitspersample} bits ({kind})"
    if page.sampleformat == FLOAT or page.bitspersample > DEEPEST_BITS:
        raise InputError(f"{told}: it holds float or 32-bit values, whose white is unknown; convert it to 8 or 16 bits")
    if page.sampleformat == SIGNED:
        raise InputError(f"{told}: it holds signed values, whose white is unknown; convert it to 8 or 16 bits")
    if page.photometric not in SPACES or page.samplesperpixel > MOST_CHANNELS:
        raise InputError(f"{told}, which is not read; convert it to RGB of 8 or 16 bits")
    space = SPACES[page.photometric]
    lab_of_other_bits = space in ("cielab", "icclab") and page.bitspersample not in (8, 16)
    if page.axes not in LAYOUTS or page.samplesperpixel < CHANNELS[space] or lab_of_other_bits:
        raise InputError(f"{told} with axes {page.axes}, which is not read; convert it to RGB of 8 or 16 bits")
    check_parts(page, name)


def check_parts(page: tifffile.TiffPage, name: str) -> None:
    """Raises: InputError for parts that were never written, or are longer than the file: tifffile takes memory for both."""
    if 0 in page.databytecounts:  # tifffile would read black there
        raise InputError(f"{name}: parts of its picture are empty; fetch it again")
    size = page.parent.filehandle.size
    if not all(0 < count <= size for count in page.databytecounts):
        raise InputError(
            f"{name}: was cut off, for parts of its picture are longer than the whole file; fetch it again"
        )


def _picture(page: tifffile.TiffPage, samples: np.ndarray, profile: bytes | None, orientation: int) -> DeepPicture:
    space = SPACES[page.photometric]
    count = CHANNELS[space]
    colours, alpha, kind = samples[..., :count], None, next(iter(page.extrasamples), 0)
    if samples.shape[-1] > count and kind in (PREMULTIPLIED, UNASSOCIATED):
        alpha = _sixteen(samples[..., count], page.bitspersample)
    if space in ("cielab", "icclab"):
        return DeepPicture(colours, space, None, alpha, False, orientation)
    colours = _sixteen(colours, page.bitspersample)
    if page.photometric == MIN_IS_WHITE:
        colours = WHITE - colours
    return DeepPicture(colours, space, profile, alpha, kind == PREMULTIPLIED, orientation)


def _sixteen(samples: np.ndarray, bits: int) -> np.ndarray:
    """Samples of 0 to 2^bits - 1 as 0 to 65535."""
    if bits == 16:
        return samples.astype(np.uint16, copy=False)
    return np.rint(samples.astype(np.float32 if bits < 16 else np.float64) * (WHITE / (2**bits - 1))).astype(np.uint16)
