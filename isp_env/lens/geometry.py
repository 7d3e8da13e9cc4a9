"""Where a lens drew what a corrected picture shows: distortion, and of red and blue how they lie apart from green.

A pixel of the corrected picture lies d = (down, across) from the axis, in radii; it is shown what the lens drew at d', with

    r = |d|, held within `held`;  f(r) = k0 + k1 r + ... + k14 r^14
    across' = f across + t0 2 down across + t1 (r^2 + 2 across^2)
    down'   = f down   + t1 2 down across + t0 (r^2 + 2 down^2)

Source: DNG Specification 1.7.1.0, chapter 7, WarpRectilinear and WarpRectilinear2; all other models come to this one.
"""

from dataclasses import dataclass, replace

import numpy as np

TERMS = 15
GREEN = 1
LARGEST_MOVE = 0.5  # of the radius that is 1: beyond it a correction is taken to be damaged
LARGEST_LATERAL = 0.01  # of that radius: ten times what poor lenses do between colours
_STEPS = 257
_LATERAL_DEGREE = 8
_AS_IT_IS = 1e-4


@dataclass(frozen=True)
class LensGeometry:
    """One correction of an upright frame; `radial` (3, TERMS) is k0 to k14 and `tangential` (3, 2) is t0, t1 of R, G, B.

    `centre_px`: row and column of the lens's axis among the frame's pixels, from 0; `drawn_centre_px`: the same among those
    of the corrected picture; `radius_px`: how many rows and columns are 1; `held`: lowest and highest r that f is taken at;
    `enlargement`: how many times as large as by the correction alone the picture is drawn.
    """

    radial: np.ndarray
    tangential: np.ndarray
    centre_px: tuple[float, float]
    drawn_centre_px: tuple[float, float]
    radius_px: tuple[float, float]
    held: tuple[float, float] = (0.0, 1.0)
    enlargement: float = 1.0

    def source_px(self, rows: np.ndarray, columns: np.ndarray, plane: int = GREEN) -> tuple[np.ndarray, np.ndarray]:
        """Return row and column in the frame of places in the corrected picture."""
        (row, column), (drawn_row, drawn_column), (tall, wide) = self.centre_px, self.drawn_centre_px, self.radius_px
        down, across = (np.asarray(rows) - drawn_row) / tall, (np.asarray(columns) - drawn_column) / wide
        moved_down, moved_across = self.moved(down, across, plane)
        return row + tall * moved_down, column + wide * moved_across

    def moved(self, down: np.ndarray, across: np.ndarray, plane: int = GREEN) -> tuple[np.ndarray, np.ndarray]:
        """Return d' of d, both in radii."""
        squared = down**2 + across**2
        ratio = np.polynomial.polynomial.polyval(np.clip(np.sqrt(squared), *self.held), self.radial[plane])
        first, second = self.tangential[plane]
        twice = 2 * down * across
        return (
            ratio * down + second * twice + first * (squared + 2 * down**2),
            ratio * across + first * twice + second * (squared + 2 * across**2),
        )

    def cropped(self, top: float, left: float) -> "LensGeometry":
        """Return the geometry of a part of the frame that begins at this row and column, shown at its own place."""
        return replace(
            self, centre_px=_less(self.centre_px, top, left), drawn_centre_px=_less(self.drawn_centre_px, top, left)
        )

    def shown_from(self, top: float, left: float) -> "LensGeometry":
        """Return the geometry of a corrected picture that begins at this row and column of the one before."""
        return replace(self, drawn_centre_px=_less(self.drawn_centre_px, top, left))

    def resized(self, row_factor: float, column_factor: float) -> "LensGeometry":
        """Return the geometry of the frame, and of its corrected picture, resampled to so many times its rows and columns."""

        def scaled(centre: tuple[float, float]) -> tuple[float, float]:
            return (centre[0] + 0.5) * row_factor - 0.5, (centre[1] + 0.5) * column_factor - 0.5

        tall, wide = self.radius_px
        return replace(
            self,
            centre_px=scaled(self.centre_px),
            drawn_centre_px=scaled(self.drawn_centre_px),
            radius_px=(tall * row_factor, wide * column_factor),
        )

    def oriented(self, flip: int, height: int, width: int) -> "LensGeometry":
        """Return the geometry of a height x width frame turned upright by LibRaw's flip bits, as `sensor.cfa.orient` does."""

        def turned(pair: tuple[float, float]) -> tuple[float, float]:
            return (pair[1], pair[0]) if flip & 4 else pair

        def placed(centre: tuple[float, float]) -> tuple[float, float]:
            row, column = centre
            return turned((height - 1 - row if flip & 2 else row, width - 1 - column if flip & 1 else column))

        signs = np.array([-1.0 if flip & 2 else 1.0, -1.0 if flip & 1 else 1.0])
        tangential = self.tangential * signs
        return replace(
            self,
            tangential=tangential[:, ::-1] if flip & 4 else tangential,
            centre_px=placed(self.centre_px),
            drawn_centre_px=placed(self.drawn_centre_px),
            radius_px=turned(self.radius_px),
        )

    def enlarged(self, factor: float) -> "LensGeometry":
        """Return the geometry whose corrected picture is so many times as large about the axis."""
        low, high = self.held
        powers = factor ** np.arange(1, TERMS + 1)
        return replace(
            self,
            radial=self.radial / powers,
            tangential=self.tangential / factor**2,
            held=(low * factor, high * factor),
            enlargement=self.enlargement * factor,
        )

    @property
    def is_lateral(self) -> bool:
        """Whether red or blue lies elsewhere than green."""
        return bool(np.ptp(self.radial, 0).any() or np.ptp(self.tangential, 0).any())

    @property
    def is_plain(self) -> bool:
        """Whether green is shown where it is."""
        terms = self.radial[GREEN] - np.eye(1, TERMS)[0]
        return self.centre_px == self.drawn_centre_px and not (terms.any() or self.tangential[GREEN].any())


def lateral_of(geometry: LensGeometry) -> LensGeometry | None:
    """Return where red and blue lie for each place at which the lens drew green, and green at itself; None if they lie together.

    Red's way to the frame after the inverse of green's, radially fitted; the tangential terms' share is right to first order.
    """
    if not geometry.is_lateral:
        return None
    shown = np.linspace(0, geometry.held[1], 2 * _STEPS)[1:]

    def ratios(plane: int) -> np.ndarray:
        return np.polynomial.polynomial.polyval(np.clip(shown, *geometry.held), geometry.radial[plane])

    drawn = shown * ratios(GREEN)
    radial = np.zeros((3, TERMS))
    radial[GREEN, 0] = 1
    for plane in (0, 2):
        ratio = ratios(plane) / ratios(GREEN)
        fit = np.polynomial.Chebyshev.fit(drawn, ratio, _LATERAL_DEGREE, domain=[0, float(drawn[-1])], w=drawn)
        radial[plane, : _LATERAL_DEGREE + 1] = fit.convert(kind=np.polynomial.Polynomial).coef
    tangential = geometry.tangential - geometry.tangential[GREEN]
    return replace(
        geometry, radial=radial, tangential=tangential, drawn_centre_px=geometry.centre_px, held=(0.0, float(drawn[-1]))
    )


def largest_move_px(geometry: LensGeometry, plane: int, height: int, width: int) -> float:
    """Return how far a place of this plane lies from where it is shown, at most, in rows or columns of a frame."""
    rows, columns = np.linspace(0, height - 1, 33)[:, None], np.linspace(0, width - 1, 33)[None]
    down, across = geometry.source_px(rows, columns, plane)
    return float(max(np.abs(down - rows).max(), np.abs(across - columns).max()))


def fault_of(geometry: LensGeometry) -> str | None:
    """Return what no lens does but the geometry says: that it folds, moves half the picture, or tears colours apart."""
    radii = np.linspace(0, 1, _STEPS)
    ways = [
        (down, across) for down, across in ((0.0, 1.0), (1.0, 0.0), (0.6, 0.8), (-0.6, 0.8), (0.0, -1.0), (-1.0, 0.0))
    ]
    for down, across in ways:
        green = np.stack(geometry.moved(radii * down, radii * across))
        if not np.isfinite(green).all() or np.abs(green - radii * np.array([[down], [across]])).max() > LARGEST_MOVE:
            return "moves pixels by more than half the picture"
        if (np.diff(green, axis=1) * np.array([[down], [across]])).sum(0).min() <= 0:
            return "folds the picture"
        for plane in (0, 2):
            if np.abs(np.stack(geometry.moved(radii * down, radii * across, plane)) - green).max() > LARGEST_LATERAL:
                return "draws red, green and blue too far apart"
    return None


def within(geometry: LensGeometry, height: int, width: int) -> LensGeometry:
    """Return the geometry by which a part of a frame shows its own middle in its middle, and nothing from beyond it."""
    middle = np.array([(height - 1) / 2, (width - 1) / 2])

    def about_middle(factor: float) -> LensGeometry:
        larger = geometry.enlarged(factor)
        wanted = (middle - geometry.centre_px) / geometry.radius_px
        place = wanted * factor
        for _ in range(20):  # the inverse by fixed point: lenses move places by little
            place = place + wanted - np.array(larger.moved(*place))
        row, column = middle - place * geometry.radius_px
        return replace(larger, drawn_centre_px=(float(row), float(column)))

    factor = 1.0
    while factor < 2 and not _is_filled(about_middle(factor), height, width):
        factor *= 1.01
    return about_middle(factor)


def filling_factor(geometry: LensGeometry, height: int, width: int) -> float:
    """Return the least enlargement at which a corrected picture of the frame's size has no place beyond the frame.

    1 where that is nearly so: a fraction of a pixel, which the edge makes up for.
    """
    low, high = 0.25, 4.0
    for _ in range(30):  # 4e-9 of the picture
        middle = (low + high) / 2
        low, high = (low, middle) if _is_filled(geometry.enlarged(middle), height, width) else (middle, high)
    return 1.0 if abs(high - 1) < _AS_IT_IS else high


def filled(geometry: LensGeometry, height: int, width: int) -> LensGeometry:
    """Return the geometry as it is, or enlarged where places beyond the frame would show."""
    if _is_filled(geometry, height, width):
        return geometry
    return geometry.enlarged(filling_factor(geometry, height, width))


def _is_filled(geometry: LensGeometry, height: int, width: int) -> bool:
    rows, columns = np.linspace(0, height - 1, _STEPS), np.linspace(0, width - 1, _STEPS)
    top, bottom, left, right = (np.full(_STEPS, edge) for edge in (0, height - 1, 0, width - 1))
    border = np.concatenate([top, bottom, rows, rows]), np.concatenate([columns, columns, left, right])
    down, across = geometry.source_px(*border)
    inside = (down > -1e-3) & (down < height - 1 + 1e-3) & (across > -1e-3) & (across < width - 1 + 1e-3)
    return bool(inside.all())


def _less(centre: tuple[float, float], top: float, left: float) -> tuple[float, float]:
    return centre[0] - top, centre[1] - left
