"""Writing DNG: uncompressed 16-bit colour filter array pictures that LibRaw and raw converters open.

`read_tags` (from `dng_tags.meaning`) reads back what `write_dng` wrote. Source: DNG Specification 1.7.1.0, chapter 4.
"""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from attiqa_core.errors import InputError
from attiqa_core.files.whole import replacing
from isp_env.colorimetry.colour import CameraCalibration
from isp_env.raw import RawFrame
from isp_env.raw_io.decoding import tiff_tags as tag
from isp_env.raw_io.decoding.tiff_tags import (
    ASCII,
    BYTE,
    DOUBLE,
    LONG,
    RATIONAL,
    SHORT,
    SRATIONAL,
    UNDEFINED,
)
from isp_env.raw_io.dng_tags import illuminants
from isp_env.raw_io.dng_tags import meaning as dng_tags
from isp_env.raw_io.dng_tags.meaning import DngTags, read_tags
from isp_env.raw_io.opcodes.corrections import gain_maps
from isp_env.raw_io.opcodes.parsing import encode_gain_maps, encode_warp
from isp_env.raw_io.opcodes.warps import warp_of
from isp_env.sensor.cfa import cfa_sites

__all__ = ["DngTags", "read_tags", "write_dng", "write_frame"]

DNG_BACKWARD_VERSION = 50707
CIE_ILLUMINANTS = (17, 20, 21, 22, 23)  # EXIF LightSource: A, D55, D65, D75, D50
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
    noise_profile: tuple[float, float] | None = None,
    baseline_exposure_ev: float = 0.0,
    orientation: int = 1,
    make: str = "attiqa-isp",
    model: str = "synthetic",
    iso: float | None = None,
    exposure_s: float | None = None,
    captured_at: str | None = None,
    active_area: tuple[int, int, int, int] | None = None,
    opcode_lists: Mapping[int, bytes] | None = None,
) -> None:
    """Write an uncompressed 16-bit CFA DNG atomically.

    `mosaic` is (H, W) uint16 as the sensor reads out, before `orientation` (TIFF's 1 to 8); `cfa` and
    `black_level_dn` (R, G in red rows, G in blue rows, B) start at the corner of `active_area` (top, left,
    bottom, right; the whole picture unless given). The calibration's illuminants become the nearest of
    EXIF's. `captured_at` is ISO 8601, in whole seconds; `opcode_lists` are the bytes of lists 1, 2 and 3.
    """
    blacks = [black_level_dn[colour] for _, colour in sorted(cfa_sites(cfa).items())]
    entries = [
        _entry(tag.DNG_VERSION, BYTE, [1, 4, 0, 0]),
        _entry(DNG_BACKWARD_VERSION, BYTE, [1, 1, 0, 0]),
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
        _entry(dng_tags.BASELINE_EXPOSURE, SRATIONAL, [baseline_exposure_ev]),
        *(
            _entry(code, SRATIONAL, np.ravel(matrix))
            for code, matrix in zip(tag.COLOR_MATRICES, calibration.xyz_to_camera, strict=False)
        ),
        *(
            _entry(code, SRATIONAL, np.ravel(matrix))
            for code, matrix in zip(tag.FORWARD_MATRICES, calibration.white_to_d50, strict=False)
        ),
        *(
            _entry(code, SRATIONAL, np.ravel(matrix))
            for code, matrix in zip(tag.CAMERA_CALIBRATIONS, calibration.individual, strict=False)
        ),
        *_lights(calibration),
        *([] if active_area is None else [_entry(tag.ACTIVE_AREA, LONG, active_area)]),
        *(_entry(tag.OPCODE_LISTS[number - 1], UNDEFINED, content) for number, content in (opcode_lists or {}).items()),
        *([] if noise_profile is None else [_entry(tag.NOISE_PROFILE, DOUBLE, noise_profile)]),
        *([] if iso is None else _iso_entries(round(iso))),
        *([] if exposure_s is None else [_entry(dng_tags.EXPOSURE, RATIONAL, [exposure_s])]),
        *(
            []
            if captured_at is None
            else [_entry(dng_tags.CAPTURED, ASCII, captured_at.replace("-", ":").replace("T", " "))]
        ),
    ]
    with replacing(Path(path)) as temporary:
        tifffile.imwrite(
            temporary,
            mosaic,
            photometric=tag.CFA,
            metadata=None,
            byteorder="<",
            software="attiqa-isp",
            extratags=entries,
        )


def write_frame(path: Path, frame: RawFrame) -> None:
    """Write a mosaic frame as a DNG that `RawFrame.load` reads back as it was.

    A white level that is no whole number is rounded. Raises: InputError for linear RGB, ranges from black to white that differ
    between the colours (DNG has one), or a black level below 0.
    """
    if frame.cfa is None:
        raise InputError(f"{frame.name or path}: is linear RGB; make it a mosaic first (synthetic.remosaic)")
    ranges = {white - black for black, white in zip(frame.black_level_dn, frame.white_level_dn, strict=True)}
    if len(ranges) != 1:
        raise InputError(
            f"{frame.name or path}: black {frame.black_level_dn} and white {frame.white_level_dn} are not equally far apart; "
            "a DNG has one range for all colours"
        )
    if min(frame.black_level_dn) < 0:
        raise InputError(
            f"{frame.name or path}: black {frame.black_level_dn} is below 0, which a DNG cannot state; add an offset to "
            "samples and levels"
        )
    red, green, blue = frame.wb_as_shot
    shading = frame.shading and encode_gain_maps(gain_maps(frame.shading, frame.cfa, *frame.samples.shape))
    warp = frame.geometry and warp_of(frame.geometry, *frame.samples.shape)
    if frame.geometry and warp is None:
        raise InputError(
            f"{frame.name or path}: is a part of a picture, whose distortion a DNG cannot state; write the whole"
        )
    lists = {2: shading, 3: warp and encode_warp(warp)}
    write_dng(
        path,
        frame.samples,
        frame.cfa,
        black_level_dn=frame.black_level_dn,
        white_level_dn=round(ranges.pop() + max(frame.black_level_dn)),
        calibration=frame.calibration,
        as_shot_neutral=(green / red, 1.0, green / blue),
        noise_profile=frame.noise,
        baseline_exposure_ev=frame.baseline_exposure_ev,
        make=frame.metadata.get("make") or "attiqa-isp",
        model=frame.metadata.get("model") or "unknown",
        iso=frame.metadata.get("iso"),
        exposure_s=frame.metadata.get("exposure_s"),
        captured_at=frame.metadata.get("captured_at"),
        opcode_lists={number: content for number, content in lists.items() if content},
    )


def _iso_entries(iso: int) -> list[TiffEntry]:
    """The ISO speed; what 16 bits do not hold stands in RecommendedExposureIndex, and SensitivityType 2 says so."""
    if iso < dng_tags.MOST_SHORT_ISO:
        return [_entry(dng_tags.ISO, SHORT, [iso])]
    return [
        _entry(dng_tags.ISO, SHORT, [dng_tags.MOST_SHORT_ISO]),
        _entry(dng_tags.SENSITIVITY_TYPE, SHORT, [2]),
        _entry(dng_tags.RECOMMENDED_INDEX, LONG, [iso]),
    ]


def _lights(calibration: CameraCalibration) -> list[TiffEntry]:
    """Each illuminant as the nearest of EXIF's, or by its chromaticity where one lies off the Planckian locus."""
    kelvins, duvs = calibration.illuminant_kelvin, calibration.illuminant_duv
    if not duvs:
        codes = zip(tag.ILLUMINANTS, kelvins, strict=False)
        return [_entry(code, SHORT, [_light_source(kelvin)]) for code, kelvin in codes]
    entries = []
    for code, content, kelvin, duv in zip(tag.ILLUMINANTS, tag.ILLUMINANT_DATA, kelvins, duvs, strict=False):
        entries.append(_entry(code, SHORT, [illuminants.OTHER]))
        entries.append(_entry(content, UNDEFINED, illuminants.encode_light(kelvin, duv)))
    return entries


def _light_source(kelvin: float) -> int:
    return min(CIE_ILLUMINANTS, key=lambda code: abs(1 / illuminants.ILLUMINANT_KELVIN[code] - 1 / kelvin))


def _entry(code: int, kind: int, values: Any) -> TiffEntry:
    """One TIFF directory entry in tifffile's form: code, type, count, value, first page only."""
    if kind == ASCII:
        return code, kind, 0, values, True
    if kind in (RATIONAL, SRATIONAL):
        fractions = [part for value in values for part in _rational(float(value))]
        return code, kind, len(fractions) // 2, fractions, True
    return code, kind, len(values), bytes(values) if kind in (BYTE, UNDEFINED) else list(values), True


def _rational(value: float) -> tuple[int, int]:
    """The value as 31-bit numerator and denominator: six decimals, fewer for large numbers."""
    denominator = 10 ** min(6, int(math.log10((2**31 - 1) / max(1.0, abs(value)))))
    return round(value * denominator), denominator
