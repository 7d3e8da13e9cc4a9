"""A raw file's picture as plain numbers and arrays: what every decoder returns."""

from dataclasses import dataclass, field

import numpy as np

Four = tuple[float, float, float, float]
NO_GAINS: Four = (0.0, 0.0, 0.0, 0.0)
"""Where white balance is not known."""


@dataclass(frozen=True)
class Decoded:
    """A raw file's picture as its decoder leaves it; nothing is turned upright yet, except demosaiced pictures.

    `samples`: the visible mosaic, (H, W) uint16 in DN; (H, W, 3) uint16 linear camera RGB, upright and from black 0 to
    clipping 65535, where `cfa` is None: LibRaw's demosaic of what is no Bayer mosaic; a fourth plane where `colours` is 4;
    `stored`: whether (H, W, 3) samples are in DN as the file holds them instead, of a linear DNG, and not turned;
    `cfa`: the 2x2 block at the mosaic's corner; `sites`: LibRaw's number of the colour at its four sites, row by row;
    `flip`: LibRaw's bits; `size_px`, `corner_px`: height and width of the visible picture, its top and left in the stored one;
    `black_dn`, `camera_white_dn`: by LibRaw's number of a colour, the latter empty where the camera states none;
    `camera_gains`, `daylight_gains`: of R, G, B and second G; `xyz_to_camera`: (3, 3), zeros where the camera is unknown;
    `captured_at`: the camera's clock, ISO 8601; `lens_make`, `lens_model`: also from the maker's own notes, or empty;
    `colours`: of the sensor: 1 is monochrome, its three planes being the same;
    `demosaic`: who made three colours of a picture that is no Bayer mosaic, and of what; empty for one that is;
    `doubts`: a few words on each number of the file that cannot be true, and was left out.
    """

    samples: np.ndarray
    cfa: str | None
    sites: tuple[int, ...]
    flip: int
    size_px: tuple[int, int]
    corner_px: tuple[int, int]
    black_dn: tuple[float, ...]
    white_dn: float
    camera_white_dn: tuple[float, ...] = ()
    camera_gains: Four = NO_GAINS
    daylight_gains: Four = NO_GAINS
    xyz_to_camera: np.ndarray = field(default_factory=lambda: np.zeros((3, 3)))
    iso: float | None = None
    exposure_s: float | None = None
    f_number: float | None = None
    focal_length_mm: float | None = None
    captured_at: str | None = None
    lens_make: str = ""
    lens_model: str = ""
    colours: int = 3
    demosaic: str = ""
    doubts: tuple[str, ...] = ()
    stored: bool = False

    @property
    def upright(self) -> bool:
        """Whether the samples are turned upright already."""
        return self.cfa is None and not self.stored
