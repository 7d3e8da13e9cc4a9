"""What a user knows of their own sensor, where a file says less, or says it wrongly."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from attiqa_core.errors import InputError
from isp_env.raw_io.own_sensor.packing import BITS, row_bytes
from isp_env.sensor.cfa import CFA_PATTERNS, FLIP_OF_ORIENTATION
from isp_env.sensor.channel_numbers import Gains, Levels

if TYPE_CHECKING:  # they load torch, and a command line is read without it
    from isp_env.colorimetry.calibration import CameraCalibration
    from isp_env.raw_io.dng_tags.camera_profiles import CameraProfile

MONO = "mono"  # instead of a CFA: a sensor without one
LEAST_ROW_SUM = 0.05  # of a ccm
WORST_CONDITION = 1e4  # of a colour matrix: one of more turns noise into colour


@dataclass(frozen=True)
class Layout:
    """Where the samples of a file without a header lie: rows of `row_bytes` (0: no padding) after `offset_bytes`.

    `cfa` is one of CFA_PATTERNS or MONO, `packing` one of packing.BITS, `orientation` TIFF's 1 to 8.
    """

    width: int
    height: int
    cfa: str
    packing: str = "uint16le"
    offset_bytes: int = 0
    row_bytes: int = 0
    orientation: int = 1

    @property
    def stride(self) -> int:
        """Bytes from row to row."""
        return self.row_bytes or row_bytes(self.packing, self.width)

    @property
    def file_bytes(self) -> int:
        """Bytes of a whole file."""
        return self.offset_bytes + self.height * self.stride

    def check(self, where: str) -> None:
        """Raises: InputError, which begins with `where`, for a layout that cannot be."""
        least = 1 if self.cfa == MONO else 2
        if min(self.width, self.height) < least:
            raise InputError(f"{where}: {self.width} x {self.height} is no picture; give width and height in samples")
        if self.cfa not in (*CFA_PATTERNS, MONO):
            raise InputError(f"{where}: CFA {self.cfa!r} is not one of {', '.join(CFA_PATTERNS)}, {MONO}")
        if self.packing not in BITS:
            raise InputError(f"{where}: packing {self.packing!r} is not one of {', '.join(BITS)}")
        if self.offset_bytes < 0 or (self.row_bytes and self.row_bytes < row_bytes(self.packing, self.width)):
            least_bytes = row_bytes(self.packing, self.width)
            raise InputError(f"{where}: a row of {self.width} samples has {least_bytes} bytes at least, its offset 0")
        if self.orientation not in FLIP_OF_ORIENTATION:
            raise InputError(f"{where}: orientation {self.orientation} is not 1 to 8, as TIFF counts them")


@dataclass(frozen=True)
class SensorDescription:
    """What is known of a sensor; None where nothing is, and the file has its say.

    `black_dn`: of R, G in red rows, G in blue rows and B; `gains`: of R, G, B under the light of the shot;
    `ccm`: (3, 3), white-balanced camera RGB to linear sRGB, instead of a calibration; `profile`: a DCP file's;
    `noise`: (a, b) of variance = a x + b, x from black 0 to white 1;
    `black_frame`: a picture taken in the dark, in DN; `flat_field`: one of an evenly lit white, whose fall of light is undone.
    """

    layout: Layout | None = None
    black_dn: Levels | None = None
    white_dn: float | None = None
    black_frame: Path | None = None
    gains: Gains | None = None
    calibration: "CameraCalibration | None" = None
    ccm: np.ndarray | None = None
    profile: "CameraProfile | None" = None
    noise: tuple[float, float] | None = None
    flat_field: Path | None = None
    iso: float | None = None
    make: str | None = None
    model: str | None = None

    @property
    def tells_levels(self) -> bool:
        """Whether black or white is known here, so that the file's is not asked."""
        return self.black_dn is not None or self.white_dn is not None

    def over(self, other: "SensorDescription") -> "SensorDescription":
        """Return what is known here, and of the other what is not."""
        known = {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}
        return replace(other, **known)


NOTHING = SensorDescription()


def four_levels(black: tuple[float, ...]) -> Levels:
    """Return one black level for all colours, or four, as four."""
    red, first_green, second_green, blue = black if len(black) == 4 else black * 4
    return red, first_green, second_green, blue


def check_levels(label: str, black_dn: Levels | None, white_dn: float | None) -> None:
    """Raises: InputError, which begins with `label`, where both are known and a black level is not below white."""
    if black_dn is not None and white_dn is not None and not max(black_dn) < white_dn:
        raise InputError(
            f"{label}: black {max(black_dn):g} is not below white {white_dn:g}; give the sensor's levels in DN"
        )


def checked_matrix(numbers: Sequence[float], label: str) -> np.ndarray:
    """Return nine numbers as (3, 3). Raises: InputError for a matrix that has no sensible inverse."""
    matrix = np.reshape(np.array(numbers, np.float64), (3, 3))
    if not np.isfinite(matrix).all() or not np.linalg.cond(matrix) < WORST_CONDITION:
        raise InputError(f"{label}: has no sensible inverse; give nine numbers, row by row")
    return matrix


def checked_ccm(numbers: Sequence[float], label: str) -> np.ndarray:
    """Return nine numbers as the (3, 3) of a colour correction, rows scaled to a sum of one: white stays white.

    Raises: InputError as `checked_matrix`, or for rows that sum to nothing.
    """
    ccm = checked_matrix(numbers, label)
    if (ccm.sum(1) < LEAST_ROW_SUM).any():
        raise InputError(f"{label}: a row of it sums to {ccm.sum(1).min():g}; the rows of a ccm sum to about 1")
    return ccm / ccm.sum(1, keepdims=True)
