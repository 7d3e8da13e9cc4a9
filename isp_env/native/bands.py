"""A picture folded from its raw a band of rows at a time: of the mosaics between, only the rows that are still looked at are kept."""

import numpy as np

from isp_env.native.build import call
from isp_env.native.structures import Parameters
from isp_env.stages import demosaic, denoise, sharpen

FOLD_REACH_PX = demosaic.REACH_PX["menon"] + sharpen.RADIUS_PX
_TILES_PER_THREAD = 8  # in a band at least, so that no thread waits long for another


class Rows:
    """Rows `top` to `bottom` of a mosaic; at most `capacity`: those that nobody looks at any more make room for the next."""

    def __init__(self, capacity: int, width: int):
        self.samples = np.empty((capacity, width), np.float32)
        self.top = self.bottom = 0

    def make_room(self, bottom: int, kept_from: int) -> None:
        """Make sure that rows up to `bottom` fit in, at the cost of those above `kept_from`."""
        if bottom - self.top > len(self.samples):
            kept = self.samples[kept_from - self.top : self.bottom - self.top].copy()
            self.samples[: len(kept)], self.top = kept, kept_from
        assert bottom - self.top <= len(self.samples)


class Prepared(Rows):
    """Rows of the mosaic that `pipeline.prepare` makes, which come in rows of cells, and the cells' means with them."""

    def __init__(self, p: Parameters, shading: np.ndarray | None, raw: np.ndarray, most_rows: int):
        super().__init__(min(most_rows + p.cell_px, p.height), p.width)
        self.p, self.shading, self.raw = p, shading, raw
        self.cell_means = np.empty((4, p.cell_rows, p.cell_columns), np.float32)

    def prepare(self, bottom: int, kept_from: int = 0) -> None:
        """Prepare whatever lies above `bottom` and was not yet."""
        if bottom > self.bottom:
            first, last = self.bottom // self.p.cell_px, -(-bottom // self.p.cell_px)
            end = min(last * self.p.cell_px, self.p.height)
            self.make_room(end, kept_from)
            given = (self.p, self.shading, self.raw, first, last, self.samples, self.top)
            call("isp_prepare", *given, self.cell_means)
            self.bottom = end


def band_px(p: Parameters) -> int:
    """Return the height of a band: enough tiles for all threads, two rows of them at least."""
    across = -(-p.shown_width // p.tile_width)
    return p.tile_height * max(2, -(-_TILES_PER_THREAD * p.threads // across))


def prepared_for_bands(p: Parameters, shading: np.ndarray | None, raw: np.ndarray) -> Prepared:
    """Return what a picture is folded from; all of it prepared where the cells' means are wanted, nothing yet otherwise."""
    reach = FOLD_REACH_PX + (denoise.REACH_PX if any(p.denoise_active) else 0) + 2
    prepared = Prepared(p, shading, raw, p.height if p.tonal else band_px(p) + 2 * reach)
    if p.tonal:
        prepared.prepare(p.height)
    return prepared


def fold(prepared: Prepared, coefficients: np.ndarray | None, picture: np.ndarray) -> None:
    """Write a picture; `coefficients`: of clarity's base, None unless the parameters are tonal."""
    p, band = prepared.p, band_px(prepared.p)
    denoised = Rows(min(band + 2 * FOLD_REACH_PX + 4, p.height), p.width) if any(p.denoise_active) else None
    for first in range(0, p.shown_height, band):
        last = min(first + band, p.shown_height)
        above = max(first - FOLD_REACH_PX, 0) // 2 * 2
        below = min(last + FOLD_REACH_PX + 1, p.height) // 2 * 2
        if denoised is None:
            prepared.prepare(below, above)
        else:
            _denoise(prepared, denoised, above, below)
        rows = prepared if denoised is None else denoised
        call("isp_fold", p, first, last, rows.samples, rows.top, coefficients, picture)


def _denoise(prepared: Prepared, denoised: Rows, above: int, below: int) -> None:
    """Denoise the rows down to `below` that were not yet; those above `above` may go."""
    p, start, reach = prepared.p, denoised.bottom, denoise.REACH_PX
    prepared.prepare(min(below + reach, p.height), max(start - reach, 0))
    denoised.make_room(below, above)
    rows = (prepared.samples, prepared.top, denoised.samples, denoised.top)
    call("isp_denoise", p, prepared.shading, start, below, *rows)
    denoised.bottom = below
