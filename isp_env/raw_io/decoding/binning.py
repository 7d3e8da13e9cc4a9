"""Mosaics of same-coloured blocks (quad, nona, hexadeca Bayer) binned to plain Bayer, as the cameras' own pictures are."""

import math
from collections.abc import Mapping

import numpy as np

from isp_env.raw_io.decoding.tiff_tags import (
    ACTIVE_AREA,
    BITS,
    BLACK,
    BLACK_DELTA_H,
    BLACK_DELTA_V,
    BLACK_DIM,
    CROP_ORIGIN,
    CROP_SIZE,
    DOUBLE,
    HEIGHT,
    LONG,
    NOISE_PROFILE,
    OPCODE_LISTS,
    SHORT,
    WHITE,
    WIDTH,
    Tag,
    number,
    numbers,
)

FULL_DN = 65535
_NOT_BINNED = {code: f"OpcodeList{number} of a binned mosaic" for number, code in enumerate(OPCODE_LISTS, 1)} | {
    BLACK_DELTA_H: "BlackLevelDeltaH of a binned mosaic",
    BLACK_DELTA_V: "BlackLevelDeltaV of a binned mosaic",
}


def binned(samples: np.ndarray, raw: Mapping[int, Tag], side: int) -> tuple[np.ndarray, dict[int, Tag], dict[int, str]]:
    """Return the mosaic with each block of side x side samples as one, its tags, and what the tags ask for and is left out.

    Sums where 16 bits hold them, means (times what they hold) elsewhere; noise is that of a mean.
    """
    height, width = (edge // (2 * side) * 2 for edge in samples.shape)
    white = number(raw, WHITE, 2 ** number(raw, BITS, 16) - 1)
    factor = min(side * side, max(1, int(FULL_DN // white)))
    blocks = samples[: height * side, : width * side].reshape(height, side, width, side)
    sums = blocks.sum((1, 3), dtype=np.uint32)
    values = sums if factor == side * side else np.rint(sums * (factor / side**2))
    rows, columns, black = _binned_black(raw, side)
    noise = numbers(raw, NOISE_PROFILE)
    changed = {
        HEIGHT: (LONG, height),
        WIDTH: (LONG, width),
        ACTIVE_AREA: (LONG, (0, 0, height, width)),
        BLACK_DIM: (SHORT, (rows, columns)),
        BLACK: (DOUBLE, tuple(level * factor for level in black)),
        WHITE: (LONG, (int(white * factor),)),
        **({NOISE_PROFILE: (DOUBLE, tuple(value / side**2 for value in noise))} if noise else {}),
        **{
            code: (DOUBLE, tuple(edge / side for edge in numbers(raw, code)))
            for code in (CROP_ORIGIN, CROP_SIZE)
            if code in raw
        },
    }
    dropped = {code: name for code, name in _NOT_BINNED.items() if code in raw}
    kept = {code: tag for code, tag in raw.items() if code not in dropped}
    return values.astype(np.uint16), kept | changed, dropped


def _binned_black(raw: Mapping[int, Tag], side: int) -> tuple[int, int, list[float]]:
    """Rows and columns of the black levels' pattern after binning, and its levels."""
    levels = numbers(raw, BLACK) or [0.0]
    rows, columns = (int(edge) for edge in numbers(raw, BLACK_DIM) or (1, 1))
    if len(levels) != rows * columns:
        rows, columns, levels = 1, 1, [float(np.mean(levels))]
    height, width = math.lcm(rows, side), math.lcm(columns, side)
    tiled = np.tile(np.array(levels).reshape(rows, columns), (height // rows, width // columns))
    means = tiled.reshape(height // side, side, width // side, side).mean((1, 3))
    return *means.shape, means.ravel().tolist()
