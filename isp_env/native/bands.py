"""A picture folded from its raw a band of rows at a time: of what lies between, only the rows that are still looked at are kept."""

from dataclasses import dataclass

import numpy as np

from isp_env.lens import resample
from isp_env.lens.geometry import LensGeometry
from isp_env.native.build import call
from isp_env.native.structures import Geometry, Parameters
from isp_env.stages import demosaic, denoise, sharpen

FOLD_REACH_PX = demosaic.REACH_PX["menon"] + sharpen.RADIUS_PX
_TILES_PER_THREAD = 4  # in a band at least, so that no thread waits long for another
_COLUMNS = 129  # at which a distorted row's height is looked for


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
    """Rows of the mosaic that `camera_rgb.prepared.prepare` makes, which come in rows of cells, and the cells' means with them."""

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


@dataclass(frozen=True)
class Lateral:
    """Where red and blue lie beside green, as `isp_lateral` takes it; `reach_px` is even."""

    red: Geometry
    blue: Geometry
    reach_px: int


def prepared_for_bands(
    p: Parameters, shading: np.ndarray | None, raw: np.ndarray, lateral: Lateral | None = None
) -> Prepared:
    """Return what a picture is folded from; all of it prepared where the cells' means are wanted, nothing yet otherwise."""
    reach = (
        FOLD_REACH_PX + (denoise.REACH_PX if any(p.denoise_active) else 0) + (lateral.reach_px if lateral else 0) + 2
    )
    prepared = Prepared(p, shading, raw, p.height if p.tonal else band_px(p) + 2 * reach)
    if p.tonal:
        prepared.prepare(p.height)
    return prepared


class Folding:
    """A picture's rows as they are folded, from the first on; `coefficients`: of clarity's base, None unless they are tonal."""

    def __init__(self, prepared: Prepared, coefficients: np.ndarray | None, lateral: Lateral | None = None):
        p = prepared.p
        rows = band_px(p) + 2 * FOLD_REACH_PX + 4
        denoised = rows + (2 * lateral.reach_px if lateral else 0)
        self.prepared, self.coefficients, self.lateral = prepared, coefficients, lateral
        self.denoised = Rows(min(denoised, p.height), p.width) if any(p.denoise_active) else None
        self.together = Rows(min(rows, p.height), p.width) if lateral else None

    def fold(self, first: int, last: int, name: str, *out: np.ndarray | int) -> None:
        """Fold at most a band of rows into what the function of this name takes."""
        p = self.prepared.p
        above = max(first - FOLD_REACH_PX, 0) // 2 * 2
        below = min(last + FOLD_REACH_PX + 1, p.height) // 2 * 2
        rows = self._colours_together(above, below)
        call(name, p, first, last, rows.samples, rows.top, self.coefficients, *out)

    def _colours_together(self, above: int, below: int) -> Rows:
        """The rows down to `below`, red and blue where green is; those above `above` may go."""
        p, together, lateral = self.prepared.p, self.together, self.lateral
        if together is None or lateral is None:
            return self._denoised(above, below)
        start = together.bottom
        if below > start:
            rows = self._denoised(max(start - lateral.reach_px, 0), min(below + lateral.reach_px, p.height))
            together.make_room(below, above)
            ends = (rows.samples, rows.top, together.samples, together.top)
            call("isp_lateral", p, lateral.red, lateral.blue, start, below, *ends)
            together.bottom = below
        return together

    def _denoised(self, above: int, below: int) -> Rows:
        if self.denoised is None:
            self.prepared.prepare(below, above)
            return self.prepared
        if below > self.denoised.bottom:
            _denoise(self.prepared, self.denoised, above, below)
        return self.denoised


def fold(folding: Folding, picture: np.ndarray) -> None:
    """Write a picture."""
    p = folding.prepared.p
    band = band_px(p)
    for first in range(0, p.shown_height, band):
        folding.fold(first, min(first + band, p.shown_height), "isp_fold", picture)


def fold_undistorted(folding: Folding, geometry: LensGeometry, told: Geometry, picture: np.ndarray) -> None:
    """Write the picture with its lens's distortion undone: of the finished one, the rows that a band's pixels come from are kept."""
    p = folding.prepared.p
    band = band_px(p)
    seen = [
        _rows_seen(geometry, first, min(first + band, p.shown_height), p) for first in range(0, p.shown_height, band)
    ]
    finished = Rows(min(max(last - first for first, last in seen) + band, p.shown_height), 4 * p.shown_width)
    for index, (above, below) in enumerate(seen):
        kept = min(first for first, _ in seen[index:])
        while finished.bottom < below:
            first, last = finished.bottom, min(finished.bottom + band, p.shown_height)
            finished.make_room(last, min(kept, first))
            folding.fold(first, last, "isp_fold_fours", finished.samples, finished.top)
            finished.bottom = last
        assert finished.top <= above
        rows = index * band, min((index + 1) * band, p.shown_height)
        call("isp_undistort", p, told, *rows, finished.samples, finished.top, picture)


def _rows_seen(geometry: LensGeometry, first: int, last: int, p: Parameters) -> tuple[int, int]:
    """From which to before which row of the finished picture rows first to last of the corrected one come; no warp folds."""
    columns = np.linspace(0, p.shown_width - 1, _COLUMNS)
    down, _ = geometry.source_px(np.array([[first], [last - 1]], np.float64), columns[None])
    lowest, highest = (int(np.clip(edge, 0, p.shown_height - 1)) for edge in (down.min(), down.max()))
    reach = resample.REACH_PX + 1
    return max(lowest - reach, 0), min(highest + reach + 1, p.shown_height)


def _denoise(prepared: Prepared, denoised: Rows, above: int, below: int) -> None:
    """Denoise the rows down to `below` that were not yet; those above `above` may go."""
    p, start, reach = prepared.p, denoised.bottom, denoise.REACH_PX
    prepared.prepare(min(below + reach, p.height), max(start - reach, 0))
    denoised.make_room(below, above)
    rows = (prepared.samples, prepared.top, denoised.samples, denoised.top)
    call("isp_denoise", p, prepared.shading, start, below, *rows)
    denoised.bottom = below
