"""DNG pictures that LibRaw does not read, or not rightly, decoded by tifffile and imagecodecs: JPEG XL, BigTIFF, deflated integers,
floating point, staggered mosaics, and mosaics of same-coloured blocks, which are binned to Bayer.

The directories come back as those of the picture returned: levels, noise and places follow what was done to the samples.
Source: DNG Specification 1.7.1.0, chapters 4 and 5.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import tifffile

from attiqa_core.errors import InputError
from isp_env.raw_io.decoding.binning import binned
from isp_env.raw_io.decoding.cfa_kinds import Pattern, bayer_of, is_staggered
from isp_env.raw_io.decoding.decoded import Decoded
from isp_env.raw_io.decoding.directories import Directories, active_area, raw_pages
from isp_env.raw_io.decoding.staggered import demosaiced, on_square_pixels
from isp_env.raw_io.decoding.tiff_tags import (
    BITS,
    BLACK,
    BLACK_DELTA_H,
    BLACK_DELTA_V,
    BLACK_DIM,
    CFA_PATTERN,
    COLUMN_INTERLEAVE,
    COMPRESSION,
    CURE,
    DEFAULT_SCALE,
    DOUBLE,
    IEEE_FLOAT,
    LINEARIZATION,
    LONG,
    ORIENTATION,
    ROW_INTERLEAVE,
    SAMPLE_FORMAT,
    SHORT,
    UNREADABLE,
    WHITE,
    Tag,
    number,
    numbers,
)
from isp_env.sensor.cfa import FLIP_OF_ORIENTATION, orient

JPEG_XL, DEFLATE = 52546, (8, 32946)  # Compression
PEDESTAL_DN = 1024  # under black, so that a float picture's noise keeps both its signs
FULL_DN = 65535
SMALL_PHOTOSITES = "the small photosites of a SuperCCD SR (second samples)"
LINEAR = "none, of linear samples"  # what `Decoded.demosaic` says of them
MOST_NOT_FINITE = 0.01  # of the samples
LEAST_OF_WHITE = 2.0**-16  # that the brightest float reaches, even in the dark: a sensor's noise is more


def is_for_us(path: Path, raw: Mapping[int, Tag], pattern: Pattern | None) -> bool:
    """Return whether LibRaw would read the DNG's picture wrongly, or not at all.

    Of linear pictures it scales the samples by the white level with black still in it (3 % too dark at 512 of 16383).
    """
    if pattern is None or is_staggered(raw):
        return True
    is_float, method = number(raw, SAMPLE_FORMAT, 1) == IEEE_FLOAT, int(number(raw, COMPRESSION, 1))
    bayer = bayer_of(pattern)
    has_blocks = bayer is not None and (bayer[1] > 1 or len(numbers(raw, CFA_PATTERN)) != 4)
    return is_float or has_blocks or method == JPEG_XL or method in DEFLATE or _is_bigtiff(path)


def decode_stored(path: Path, directories: Directories, pattern: Pattern | None) -> tuple[Decoded, Directories]:
    """Return the picture, and the directories as they are for it. Raises: InputError if the picture cannot be decoded."""
    raw = directories.raw
    top, left, height, width = active_area(raw)
    samples = _linearised(path, _samples(path, directories), raw)[top : top + height, left : left + width]
    flip = FLIP_OF_ORIENTATION[int(number(directories.first, ORIENTATION, 1))]
    if pattern is None and samples.ndim == 3 and samples.shape[2] == 3 and samples.dtype == np.uint16:
        linear = _decoded(samples, None, flip, samples.shape[:2], (top, left), raw, 3)
        return replace(linear, stored=True, demosaic=LINEAR), directories
    if pattern is None:
        rgb = orient(_between_levels(samples, raw), flip)
        linear = _decoded(rgb, None, flip, samples.shape[:2], (top, left), raw, rgb.shape[2])
        return replace(linear, demosaic=LINEAR), directories
    if is_staggered(raw):
        planes = _between_levels(samples, raw)
        if planes.shape[2] > 1:
            directories = replace(directories, doubts=(*directories.doubts, SMALL_PHOTOSITES))
        return _of_staggered(planes[..., 0], pattern, directories, flip)
    bayer = bayer_of(pattern)
    assert bayer is not None
    cfa, side = bayer
    if samples.dtype.kind == "f":
        samples, raw = _quantised(path, samples, raw)
    if side > 1:
        samples, raw, dropped = binned(samples, raw, side)
        directories = replace(
            directories, first=_without(directories.first, dropped), doubts=(*directories.doubts, *dropped.values())
        )
        top = left = 0
    samples = np.ascontiguousarray(samples.astype(np.uint16, copy=False))
    decoded = _decoded(samples, cfa, flip, samples.shape, (top, left), raw, 3)
    return decoded, replace(directories, raw=raw)


def _of_staggered(
    mosaic: np.ndarray, pattern: Pattern, directories: Directories, flip: int
) -> tuple[Decoded, Directories]:
    """A mosaic from black 0 to 65535 as linear camera RGB on square pixels, and its directories."""
    rgb = np.rint(demosaiced(mosaic, pattern).clip(0, FULL_DN)).astype(np.uint16)
    raw, dropped = on_square_pixels(directories.raw, *rgb.shape[:2])
    first = _without(directories.first, {**dropped, DEFAULT_SCALE: "squares now"})
    decoded = replace(
        _decoded(orient(rgb, flip), None, flip, rgb.shape[:2], (0, 0), raw, 3),
        demosaic="ours, of staggered columns (CFALayout 2)",
    )
    return decoded, replace(directories, raw=raw, first=first, doubts=(*directories.doubts, *dropped.values()))


def _decoded(
    samples: np.ndarray,
    cfa: str | None,
    flip: int,
    size: tuple[int, ...],
    corner: tuple[int, int],
    raw: Mapping[int, Tag],
    colours: int,
) -> Decoded:
    """What a decoder returns of it; gains and camera are in the tags."""
    return Decoded(
        samples=samples if colours > 1 else np.repeat(samples, 3, 2),
        cfa=cfa,
        sites=(0, 1, 2, 3) if cfa else (),
        flip=flip,
        size_px=(size[0], size[1]),
        corner_px=corner,
        black_dn=(float(np.mean(numbers(raw, BLACK) or [0.0])),) * 4,
        white_dn=number(raw, WHITE, 2 ** number(raw, BITS, 16) - 1),
        colours=colours,
    )


def _without(tags: Mapping[int, Tag], codes: Mapping[int, str]) -> dict[int, Tag]:
    return {code: tag for code, tag in tags.items() if code not in codes}


def _is_bigtiff(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"II+\0", b"MM\0+")


def _samples(path: Path, directories: Directories) -> np.ndarray:
    """The stored samples, (H, W) or (H, W, planes), each at its own place."""
    try:
        with tifffile.TiffFile(path) as tiff:
            page = next(page for number, page in enumerate(raw_pages(tiff)) if number == directories.raw_number)
            samples = page.asarray(maxworkers=1)
    except MemoryError:
        raise
    except (*UNREADABLE, tifffile.TiffFileError, RuntimeError) as error:
        method = int(number(directories.raw, COMPRESSION, 1))
        raise InputError(
            f"{path}: its picture (compression {method}) cannot be decoded ({error}); copy it from the camera again, or convert "
            "it with Adobe's DNG converter"
        ) from error
    planes = samples.squeeze() if samples.ndim > 3 else samples
    if planes.ndim == 3 and planes.shape[0] < planes.shape[2] and planes.shape[0] <= 4:
        planes = np.moveaxis(planes, 0, 2)  # PlanarConfiguration 2
    for code, axis in ((ROW_INTERLEAVE, 0), (COLUMN_INTERLEAVE, 1)):
        planes = _deinterleaved(planes, int(number(directories.raw, code, 1)), axis)
    return planes


def _deinterleaved(samples: np.ndarray, fields: int, axis: int) -> np.ndarray:
    """Undo RowInterleaveFactor or ColumnInterleaveFactor: every `fields`-th row is stored first, then the next ones."""
    if fields < 2:
        return samples
    order = np.concatenate([np.arange(first, samples.shape[axis], fields) for first in range(fields)])
    return samples.take(np.argsort(order), axis)


def _linearised(path: Path, samples: np.ndarray, raw: Mapping[int, Tag]) -> np.ndarray:
    if samples.dtype.kind == "f":
        odd = ~np.isfinite(samples)
        if odd.mean() > MOST_NOT_FINITE:
            raise InputError(f"{path}: {odd.mean():.0%} of its samples are no numbers; copy it from the camera again")
        return np.where(odd, 0, samples).astype(np.float32)
    table = np.array(numbers(raw, LINEARIZATION), np.uint16)
    return table[np.minimum(samples, len(table) - 1)] if len(table) else samples


def _between_levels(samples: np.ndarray, raw: Mapping[int, Tag]) -> np.ndarray:
    """Linear RGB (H, W, planes) as uint16 from black at 0 to white at 65535."""
    height, width, planes = samples.shape if samples.ndim == 3 else (*samples.shape, 1)
    black = np.array(numbers(raw, BLACK) or [0.0])
    black = black.reshape(-1, planes).mean(0) if black.size % planes == 0 else black.mean()
    white = np.array(numbers(raw, WHITE) or [2 ** number(raw, BITS, 16) - 1])
    white = white if white.size == planes else white[:1]
    values = samples.reshape(height, width, planes).astype(np.float32) - np.float32(black)
    for code, axis in ((BLACK_DELTA_H, 1), (BLACK_DELTA_V, 0)):
        deltas = np.array(numbers(raw, code), np.float32)
        if deltas.size == values.shape[axis]:
            values -= deltas[None, :, None] if axis else deltas[:, None, None]
    return np.rint(np.clip(values * np.float32(FULL_DN / (white - black)), 0, FULL_DN)).astype(np.uint16)


def _quantised(path: Path, samples: np.ndarray, raw: Mapping[int, Tag]) -> tuple[np.ndarray, dict[int, Tag]]:
    """A float mosaic as uint16, white at 65535, and its levels. Raises: InputError for a white that leaves nothing of it."""
    white, brightest = number(raw, WHITE, 1.0), float(samples.max())
    if 0 < brightest < white * LEAST_OF_WHITE:
        raise InputError(f"{path}: WhiteLevel {white:g} is far above the brightest sample, {brightest:.4g}; {CURE}")
    scale = (FULL_DN - PEDESTAL_DN) / white
    black = [level * scale + PEDESTAL_DN for level in numbers(raw, BLACK) or [0.0]]
    levels = {BLACK: (DOUBLE, tuple(black)), WHITE: (LONG, (FULL_DN,))}
    if BLACK not in raw:
        levels[BLACK_DIM] = (SHORT, (1, 1))
    for code in (BLACK_DELTA_H, BLACK_DELTA_V):
        if code in raw:
            levels[code] = (DOUBLE, tuple(delta * scale for delta in numbers(raw, code)))
    return np.rint(np.clip(samples * np.float32(scale) + PEDESTAL_DN, 0, FULL_DN)).astype(np.uint16), {**raw, **levels}
