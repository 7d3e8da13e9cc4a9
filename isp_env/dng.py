"""Writing DNG: uncompressed 16-bit colour filter array pictures that LibRaw and raw converters open.

`read_tags` (from `dng_tags`) reads back what `write_dng` wrote. Source: DNG Specification 1.7.1.0, chapter 4.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from attiqa_core.runs import replacing
from isp_env import dng_tags as tag
from isp_env.cfa import cfa_sites
from isp_env.colour import CameraCalibration
from isp_env.dng_tags import DngTags, read_tags

__all__ = ["DngTags", "read_tags", "write_dng"]

STANDARD_LIGHT_A, D65 = 17, 21  # EXIF LightSource
BYTE, ASCII, SHORT, LONG, RATIONAL, SRATIONAL, DOUBLE = 1, 2, 3, 4, 5, 10, 12  # TIFF field types
_DENOMINATOR = 1_000_000  # of rationals: matrices and neutrals keep six decimals
_PLANES = {"R": 0, "G": 1, "B": 2}

TiffEntry = tuple[int, int, int, Any, bool]


def write_dng(
    path: Path,
    mosaic: np.ndarray,
    cfa: str,
    *,
    black_level_dn: Sequence[float],
    white_level_dn: int,
    calibration: CameraCalibration,
    as_shot_neutral: Sequence[float],
    illuminants: Sequence[int] = (STANDARD_LIGHT_A, D65),
    noise_profile: tuple[float, float] | None = None,
    baseline_exposure_ev: float = 0.0,
    orientation: int = 1,
    make: str = "attiqa-isp",
    model: str = "synthetic",
    iso: float | None = None,
    exposure_s: float | None = None,
    active_area: tuple[int, int, int, int] | None = None,
) -> None:
    """Write an uncompressed 16-bit CFA DNG atomically.

    `mosaic` is (H, W) uint16 as the sensor reads out, before `orientation` (TIFF's 1 to 8); `cfa` and
    `black_level_dn` (R, G in red rows, G in blue rows, B) start at the corner of `active_area` (top, left,
    bottom, right; the whole picture unless given); `illuminants` are EXIF LightSource codes, one per matrix
    of `calibration`.
    """
    blacks = [black_level_dn[colour] for _, colour in sorted(cfa_sites(cfa).items())]
    entries = [
        _entry(tag.DNG_VERSION, BYTE, [1, 4, 0, 0]),
        _entry(tag.DNG_BACKWARD_VERSION, BYTE, [1, 1, 0, 0]),
        _entry(tag.UNIQUE_MODEL, ASCII, f"{make} {model}"),
        _entry(tag.MAKE, ASCII, make),
        _entry(tag.MODEL, ASCII, model),
        _entry(tag.ORIENTATION, SHORT, [orientation]),
        _entry(tag.CFA_DIM, SHORT, [2, 2]),
        _entry(tag.CFA_PATTERN, BYTE, [_PLANES[letter] for letter in cfa]),
        _entry(tag.CFA_PLANE_COLOR, BYTE, [0, 1, 2]),
        _entry(tag.CFA_LAYOUT, SHORT, [1]),
        _entry(tag.BLACK_DIM, SHORT, [2, 2]),
        _entry(tag.BLACK, RATIONAL, blacks),
        _entry(tag.WHITE, LONG, [int(white_level_dn)]),
        _entry(tag.NEUTRAL, RATIONAL, as_shot_neutral),
        _entry(tag.BASELINE_EXPOSURE, SRATIONAL, [baseline_exposure_ev]),
        *(
            _entry(code, SRATIONAL, np.ravel(matrix))
            for code, matrix in zip(tag.COLOR_MATRIX, calibration.xyz_to_camera, strict=False)
        ),
        *(
            _entry(code, SRATIONAL, np.ravel(matrix))
            for code, matrix in zip(tag.FORWARD_MATRIX, calibration.white_to_d50, strict=False)
        ),
        *(
            _entry(code, SHORT, [light])
            for code, light, _ in zip(tag.ILLUMINANT, illuminants, calibration.xyz_to_camera, strict=False)
        ),
        *([] if active_area is None else [_entry(tag.ACTIVE_AREA, LONG, active_area)]),
        *([] if noise_profile is None else [_entry(tag.NOISE_PROFILE, DOUBLE, noise_profile)]),
        *([] if iso is None else [_entry(tag.ISO, SHORT, [round(iso)])]),
        *([] if exposure_s is None else [_entry(tag.EXPOSURE, RATIONAL, [exposure_s])]),
    ]
    with replacing(Path(path)) as temporary:
        tifffile.imwrite(
            temporary, mosaic, photometric=tag.CFA, metadata=None, software="attiqa-isp", extratags=entries
        )


def _entry(code: int, kind: int, values: Any) -> TiffEntry:
    """One TIFF directory entry in tifffile's form: code, type, count, value, first page only."""
    if kind == ASCII:
        return code, kind, 0, values, True
    if kind in (RATIONAL, SRATIONAL):
        fractions = [part for value in values for part in (round(float(value) * _DENOMINATOR), _DENOMINATOR)]
        return code, kind, len(fractions) // 2, fractions, True
    return code, kind, len(values), bytes(values) if kind == BYTE else list(values), True
