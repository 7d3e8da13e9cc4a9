"""Whether the tags that say how a DNG's samples lie, and between which levels, agree with each other."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from attiqa_core.errors import InputError
from isp_env.raw_io.decoding.cfa_kinds import is_staggered
from isp_env.raw_io.decoding.tiff_tags import (
    ACTIVE_AREA,
    BITS,
    BLACK,
    BLACK_DELTA_H,
    BLACK_DELTA_V,
    CFA,
    CFA_PATTERN,
    COMPRESSION,
    CROP_ORIGIN,
    CROP_SIZE,
    CURE,
    DOUBLE,
    HEIGHT,
    IEEE_FLOAT,
    LINEARIZATION,
    LONG,
    PHOTOMETRIC,
    SAMPLE_FORMAT,
    SAMPLES_PER_PIXEL,
    STRIP_BYTES,
    WHITE,
    WIDTH,
    Tag,
    number,
    numbers,
)

LEAST_SIDE_PX, MOST_SIDE_PX = 2, 65535
UNCOMPRESSED = 1
MOST_PADDING = 4096  # bytes after the picture; whole samples in every row are another width
MOST_BLACK_APART = 0.1  # of the range, between the black levels of a file's colours: sensors' differ by a few DN
TWO_OF_EACH = 2  # samples of a pixel: SuperCCD SR's large and small photosites, as Adobe's DNGs have them
CONTAINER_BITS = 16  # samples of 10 to 16 bits are kept in so many


def checked_layout(path: Path, raw: dict[int, Tag]) -> tuple[dict[int, Tag], tuple[str, ...]]:
    """Return the raw picture's tags with levels that can be true, and a few words on each that was left out.

    A WhiteLevel that cannot be true becomes the highest value of the samples, where their bits tell it. Raises: InputError
    naming the tag, if the picture cannot be right without it.
    """
    height, width = (int(number(raw, code, 0)) for code in (HEIGHT, WIDTH))
    for name, side in (("ImageLength", height), ("ImageWidth", width)):
        if not LEAST_SIDE_PX <= side <= MOST_SIDE_PX:
            raise InputError(f"{path}: {name} {side} is not in [{LEAST_SIDE_PX}, {MOST_SIDE_PX}]; {CURE}")
    if BITS not in raw:
        raise InputError(f"{path}: BitsPerSample is missing; {CURE}")
    _check_kind(path, raw)
    _check_amount(path, raw, height, width)
    active = _active_area(path, raw, height, width)
    kept, doubts = _levels(path, raw)
    for codes, doubt in _doubtful_places(raw, active):
        kept = {code: tag for code, tag in kept.items() if code not in codes}
        doubts.append(doubt)
    return kept, tuple(doubts)


def _check_kind(path: Path, raw: Mapping[int, Tag]) -> None:
    photometric, planes = raw[PHOTOMETRIC][1], number(raw, SAMPLES_PER_PIXEL, 1)
    if photometric == CFA and planes != 1 and not (planes == TWO_OF_EACH and is_staggered(raw)):
        raise InputError(f"{path}: SamplesPerPixel {planes:g} is not 1, though the picture is a mosaic; {CURE}")
    if photometric != CFA and CFA_PATTERN in raw and planes == 1:
        raise InputError(f"{path}: has a CFAPattern, but PhotometricInterpretation {photometric} is no mosaic; {CURE}")
    bits, is_float = number(raw, BITS, 16), number(raw, SAMPLE_FORMAT, 1) == IEEE_FLOAT
    if bits not in ((16, 24, 32) if is_float else range(8, 33)):
        raise InputError(f"{path}: BitsPerSample {bits:g} is no raw's; {CURE}")


def _check_amount(path: Path, raw: Mapping[int, Tag], height: int, width: int) -> None:
    """Uncompressed samples take as many bytes as they are; LibRaw reads on into whatever follows."""
    if number(raw, COMPRESSION, 1) != UNCOMPRESSED or STRIP_BYTES not in raw:
        return
    bits = number(raw, BITS, 16) * number(raw, SAMPLES_PER_PIXEL, 1)
    needed, there = height * int(-(-width * bits // 8)), sum(numbers(raw, STRIP_BYTES))
    excess = there - needed
    if excess < 0 or excess > MOST_PADDING or (excess and excess * 8 % (height * bits) == 0):
        raise InputError(
            f"{path}: ImageWidth, ImageLength and BitsPerSample ask for {needed} bytes, StripByteCounts are {there:g}; {CURE}"
        )


def _active_area(path: Path, raw: Mapping[int, Tag], height: int, width: int) -> tuple[int, int]:
    area = numbers(raw, ACTIVE_AREA) or [0, 0, height, width]
    if len(area) != 4:
        raise InputError(f"{path}: ActiveArea has {len(area)} numbers, not 4; {CURE}")
    top, left, bottom, right = map(int, area)
    if not (0 <= top <= bottom - LEAST_SIDE_PX <= height and 0 <= left <= right - LEAST_SIDE_PX <= width) or (
        bottom > height or right > width
    ):
        raise InputError(
            f"{path}: ActiveArea {top, left, bottom, right} is not inside the {height} x {width} picture; {CURE}"
        )
    return bottom - top, right - left


def _levels(path: Path, raw: Mapping[int, Tag]) -> tuple[dict[int, Tag], list[str]]:
    is_float, bits = number(raw, SAMPLE_FORMAT, 1) == IEEE_FLOAT, int(number(raw, BITS, 16))
    full = 1.0 if is_float else 65535.0 if LINEARIZATION in raw else 2.0**bits - 1
    white = np.array(numbers(raw, WHITE) or [full])
    kept, doubts = dict(raw), []
    odd = white[~(np.isfinite(white) & (white > 0) & (white <= (np.inf if is_float else full + 1)))]
    if odd.size:
        doubt = f"WhiteLevel {odd[0]:g} is not in [1, {full:g}]"
        if bits == CONTAINER_BITS and not is_float:
            raise InputError(f"{path}: {doubt}; {CURE}")
        doubts.append(doubt)
        white = np.full(len(white), full)
    if not is_float:
        white = np.minimum(white, full)
    if odd.size or is_float:
        kept[WHITE] = (DOUBLE if is_float else LONG, tuple(float(level) if is_float else int(level) for level in white))
    black = np.array(numbers(raw, BLACK) or [0.0])
    if black.max() >= white.min():
        raise InputError(f"{path}: BlackLevel {black.max():g} is not below WhiteLevel {white.min():g}; {CURE}")
    if black.max() - black.min() > MOST_BLACK_APART * (white.min() - black.min()):
        raise InputError(f"{path}: BlackLevel is from {black.min():g} to {black.max():g}, too far apart; {CURE}")
    return kept, doubts


def _doubtful_places(raw: Mapping[int, Tag], active: tuple[int, int]) -> list[tuple[tuple[int, ...], str]]:
    """The tags that do not fit the active area, with why."""
    doubtful = []
    for code, side, name in (
        (BLACK_DELTA_H, active[1], "BlackLevelDeltaH"),
        (BLACK_DELTA_V, active[0], "BlackLevelDeltaV"),
    ):
        count = len(numbers(raw, code))
        if count and count % side:
            doubtful.append(((code,), f"{name} has {count} numbers for {side} px"))
    origin, size = numbers(raw, CROP_ORIGIN), numbers(raw, CROP_SIZE)
    if bool(origin) != bool(size):
        doubtful.append(((CROP_ORIGIN, CROP_SIZE), "DefaultCropOrigin and DefaultCropSize are not both there"))
    elif origin and (origin[0] + size[0] > active[1] + 0.5 or origin[1] + size[1] > active[0] + 0.5):
        doubtful.append(
            (
                (CROP_ORIGIN, CROP_SIZE),
                f"DefaultCrop of {size} at {origin} is not inside the {active[0]} x {active[1]} picture",
            )
        )
    return doubtful
