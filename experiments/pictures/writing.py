"""Finished pictures into files: whole or not there, with profile and EXIF."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from attiqa_core.errors import UsageError
from attiqa_core.files.whole import replacing
from experiments.options.picture_output import LARGEST_EDGE, PictureOutput
from experiments.pictures.encoders import ENCODERS, Accompaniment
from experiments.pictures.exif import picture_fields
from experiments.pictures.icc import profile_of
from isp_env.colorimetry.output_space import SPACES
from isp_env.stages.output import quantise

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff")  # what `reading.load_picture` takes
FORMATS: dict[str, Any] = {".jpeg": "jpg", ".tiff": "tif", **{f".{name}": name for name in ENCODERS}}


def save_picture(
    path: Path, display_rgb: Tensor | np.ndarray, *, metadata: Mapping[str, Any], output: PictureOutput | None = None
) -> None:
    """Write one (3, H, W) picture of values in [0, 1] of the output's space (display sRGB unless it says otherwise).

    Raises: what `save_pixels` does; InputError for NaN or infinity.
    """
    output = output or output_of(path)
    save_pixels(path, quantise(_as_array(display_rgb), output.depth, str(path)), metadata=metadata, output=output)


def output_of(path: Path) -> PictureOutput:
    """Return the usual output of a file's suffix. Raises: UsageError for another suffix."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        allowed = ", ".join(f".{name}" for name in ENCODERS)
        raise UsageError(f"{path}: a picture is written as one of {allowed}; choose one of these suffixes")
    return PictureOutput(format=FORMATS[suffix])


def save_pixels(
    path: Path, pixels: np.ndarray, *, metadata: Mapping[str, Any], output: PictureOutput | None = None
) -> None:
    """Write one (H, W, 3) picture of `output.depth` bits in its space and format; the suffix decides where none is given.

    The file embeds the space's profile, and as EXIF what `metadata` says (`exif.picture_fields`), orientation 1: the pixels are
    upright.

    Raises: UsageError for another suffix, or a picture too large for the format; ResourceError if the disk is full.
    """
    path, output = Path(path), output or output_of(path)
    assert pixels.dtype == (np.uint8 if output.depth == 8 else np.uint16) and pixels.shape[2:] == (3,)
    with replacing(path) as temporary:
        temporary.write_bytes(encoded(pixels, metadata, output, str(path)))


def encoded(pixels: np.ndarray, metadata: Mapping[str, Any], output: PictureOutput, name: str = "picture") -> bytes:
    """Return the bytes of such a file. Raises: UsageError for a picture too large for the format."""
    height, width = pixels.shape[:2]
    if max(height, width) > LARGEST_EDGE.get(output.format, height + width):
        largest = LARGEST_EDGE[output.format]
        raise UsageError(f"{name}: {width}x{height} is more than {output.format}'s {largest} px; choose --format tif")
    fields = picture_fields(metadata, height, width, output.space, output.gps)
    pixels = (
        np.ascontiguousarray(pixels).reshape(-1).reshape(pixels.shape)
    )  # strides of 1 px are any, which libjpeg refuses
    return ENCODERS[output.format](pixels, Accompaniment(fields, profile_of(SPACES[output.space])), output)


def _as_array(display_rgb: Tensor | np.ndarray) -> np.ndarray:
    pixels = display_rgb.detach().cpu().numpy() if isinstance(display_rgb, Tensor) else np.asarray(display_rgb)
    assert pixels.ndim == 3 and pixels.shape[0] == 3, f"a picture is (3, H, W), not {pixels.shape}"
    return pixels
