"""Pictures that a program wrote: PNG, TIFF, JPEG and PPM of 8 or 16 bits, as they are."""

from pathlib import Path

import imagecodecs
import numpy as np
import tifffile
import torch
from jaxtyping import Float
from PIL import Image
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.machine.lacks import refuse_lack
from attiqa_core.photos.decode import MAX_BYTES, MAX_PIXELS
from attiqa_core.photos.tiff_files import check_parts

Pixels = np.ndarray
"""(height, width, 3) uint8 or uint16, display sRGB."""


def read_pixels(path: Path, bits: int | None = None) -> Pixels:
    """Return the samples of a picture, upright as stored; grey becomes RGB, an alpha channel is dropped, floats in [0, 1] become 16 bits.

    Raises: InputError if it is missing, broken, empty, not finite, or not of these bits.
    """
    if not path.is_file():
        raise InputError("it wrote no picture")
    if (size := path.stat().st_size) > MAX_BYTES:
        raise InputError(f"its picture has {size:,} bytes, which none needs")
    try:
        pixels = _decoded(path)
    except Exception as error:  # what a damaged file makes a decoder raise is not documented
        refuse_lack(error, path)
        raise InputError(f"its picture cannot be read ({type(error).__name__}: {error})") from error
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim != 3 or not pixels.size or pixels.shape[0] * pixels.shape[1] > MAX_PIXELS:
        raise InputError(f"its picture has shape {pixels.shape}, which is none of a picture")
    pixels = np.repeat(pixels[..., :1], 3, 2) if pixels.shape[2] < 3 else pixels[..., :3]
    if pixels.dtype.kind == "f":
        if not np.isfinite(pixels).all():
            raise InputError("its picture holds NaN or infinite values")
        pixels = np.rint(pixels.clip(0, 1) * 65535).astype(np.uint16)
    if pixels.dtype not in (np.uint8, np.uint16):
        raise InputError(f"its picture holds {pixels.dtype} samples; let it write 8 or 16 bits")
    if bits is not None and pixels.dtype.itemsize * 8 != bits:
        raise InputError(f"its picture has {pixels.dtype.itemsize * 8} bits where [output] says {bits}")
    return np.ascontiguousarray(pixels)


def to_unit(pixels: Pixels) -> Float[Tensor, "3 height width"]:
    """Return samples as display sRGB in [0, 1]."""
    white = float(np.iinfo(pixels.dtype).max)
    return torch.from_numpy(pixels.astype(np.float32) / white).permute(2, 0, 1).contiguous()


def _decoded(path: Path) -> np.ndarray:
    """The samples. Raises: whatever decoders do; ValueError for more pixels than MAX_PIXELS, before any is decoded."""
    content = path.read_bytes()
    if content[:4] in (b"II*\0", b"MM\0*"):
        with tifffile.TiffFile(path) as file:
            _refuse_more(file.series[0].size // max(1, file.series[0].keyframe.samplesperpixel))
            check_parts(file.series[0].keyframe, str(path))
            return file.asarray()
    if content[:4] == b"\x89PNG":
        _refuse_more(int.from_bytes(content[16:20], "big") * int.from_bytes(content[20:24], "big"))
        return imagecodecs.png_decode(content)
    if content[:2] in (b"P5", b"P6"):
        return _netpbm(content)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def _refuse_more(pixels: int) -> None:
    if pixels > MAX_PIXELS:
        raise ValueError(f"it claims more than {MAX_PIXELS:,} pixels")


def _netpbm(content: bytes) -> np.ndarray:
    """Binary PGM or PPM; of 16 bits the high byte comes first. Source: netpbm's ppm(5)."""
    words, place = [], 2
    while len(words) < 3:
        while content[place : place + 1].isspace():
            place += 1
        if content[place : place + 1] == b"#":
            place = content.index(b"\n", place)
            continue
        end = place
        while not content[end : end + 1].isspace():
            end += 1
            if end > len(content):
                raise ValueError("its head is cut off")
        words.append(int(content[place:end]))
        place = end
    width, height, largest = words
    kind = np.dtype(">u2") if largest > 255 else np.dtype(np.uint8)
    channels = 3 if content[:2] == b"P6" else 1
    samples = np.frombuffer(content, kind, height * width * channels, place + 1).reshape(height, width, channels)
    full = 65535 if largest > 255 else 255
    return np.rint(samples * (full / largest)).astype(np.uint16 if largest > 255 else np.uint8)
