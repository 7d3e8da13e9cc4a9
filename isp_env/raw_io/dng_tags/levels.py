"""Black and white of a DNG's samples, as fine as the file states them: for each plane, site, row and column.

Source: DNG Specification 1.7.1.0, chapter 5 "Mapping Raw Values to Linear Reference Values".
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from isp_env.raw_io.decoding.tiff_tags import BLACK, BLACK_DELTA_H, BLACK_DELTA_V, BLACK_DIM, WHITE, Tag, numbers

HIGHEST_SAMPLE = 65535
MOST_REPEATS = 64  # rows or columns of a black pattern; the SDK takes 8


@dataclass(frozen=True)
class DngLevels:
    """Levels in DN, counted from the corner of the active area.

    `black_dn`: (rows, columns, planes), repeated over the picture; `row_dn`, `column_dn`: added to it, empty where nothing is;
    `white_dn`: of each plane; empty where the file states none.
    """

    black_dn: np.ndarray
    row_dn: np.ndarray
    column_dn: np.ndarray
    white_dn: tuple[float, ...]

    @property
    def highest_black_dn(self) -> np.ndarray:
        """The largest black level in each plane: white less this is the range of every sample of it."""
        rows, columns, _ = self.black_dn.shape
        down = [self.row_dn[row::rows].max(initial=0 if not self.row_dn.size else -np.inf) for row in range(rows)]
        across = [
            self.column_dn[column::columns].max(initial=0 if not self.column_dn.size else -np.inf)
            for column in range(columns)
        ]
        return (self.black_dn + np.add.outer(down, across)[..., None]).max((0, 1))

    def black_of_sites(self) -> np.ndarray | None:
        """Return black at the four sites of the 2x2 block of a mosaic, (2, 2); None if it takes more to say it."""
        rows, columns, _ = self.black_dn.shape
        if self.row_dn.any() or self.column_dn.any():
            return None
        pattern = np.tile(self.black_dn[..., 0], (2, 2))  # even numbers of rows and columns
        block = pattern[:2, :2]
        return block if np.array_equal(pattern, np.tile(block, (rows, columns))) else None

    def black_at(self, top: int, left: int, height: int, width: int) -> np.ndarray:
        """Return black of a window of the active area, (height, width, planes)."""
        rows, columns = np.arange(top, top + height), np.arange(left, left + width)
        black = self.black_dn[rows % self.black_dn.shape[0]][:, columns % self.black_dn.shape[1]].astype(np.float32)
        if self.row_dn.size:
            black += self.row_dn[rows.clip(0, len(self.row_dn) - 1), None, None].astype(np.float32)
        if self.column_dn.size:
            black += self.column_dn[None, columns.clip(0, len(self.column_dn) - 1), None].astype(np.float32)
        return black


def dng_levels(raw: Mapping[int, Tag], planes: int) -> DngLevels | None:
    """Return the levels that the raw picture's directory states, None for black levels that are not as many as it says."""
    rows, columns = (int(side) for side in numbers(raw, BLACK_DIM) or (1, 1))
    possible = 1 <= rows <= MOST_REPEATS and 1 <= columns <= MOST_REPEATS
    black = np.array(numbers(raw, BLACK) or [0.0] * (rows * columns * planes if possible else 1))
    if not possible or black.size != rows * columns * planes or not np.isfinite(black).all():
        return None
    white = numbers(raw, WHITE)
    return DngLevels(
        black_dn=black.reshape(rows, columns, planes),
        row_dn=_deltas(raw, BLACK_DELTA_V),
        column_dn=_deltas(raw, BLACK_DELTA_H),
        white_dn=tuple(white) if len(white) == planes else tuple(white[:1]) * planes,
    )


def _deltas(raw: Mapping[int, Tag], code: int) -> np.ndarray:
    deltas = np.array(numbers(raw, code))
    return deltas if np.isfinite(deltas).all() else np.zeros(0)


def with_even_black(mosaic: np.ndarray, black_dn: np.ndarray, range_dn: float) -> tuple[np.ndarray, float, float]:
    """Return a mosaic with the black of each sample taken off, and its one black and white level in its own DN.

    The levels are raised by the largest black, so that noise below black stays, and multiplied by a power of two as far as
    16 bits reach: rounding is off by half a DN of the result at the most, by 1/8 DN of 14-bit samples.
    """
    base = float(np.ceil(black_dn.max()))
    highest = max(float(mosaic.max()) - float(black_dn.min()) + base, range_dn + base)
    scale = 2.0 ** max(0, int(np.floor(np.log2(HIGHEST_SAMPLE / highest))))
    level = (mosaic - black_dn + base) * scale
    return np.rint(level).clip(0, HIGHEST_SAMPLE).astype(np.uint16), base * scale, (base + range_dn) * scale
