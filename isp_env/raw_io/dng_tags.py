"""The DNG tags that LibRaw hides: both calibrations, noise profile, baseline exposure.

Source: Adobe Digital Negative (DNG) Specification 1.7.1.0; tag numbers are in its chapter 4.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from attiqa_core.errors import InputError
from isp_env.colour import CameraCalibration
from isp_env.raw_io.decoding.directories import (
    HEIGHT,
    WIDTH,
    Directories,
    Tag,
    read_directories,
)
from isp_env.raw_io.decoding.tiff_tags import numbers as _numbers
from isp_env.raw_io.opcodes import Opcode, parse_opcodes

ILLUMINANT_KELVIN: dict[int, float] = {
    1: 5500, 2: 4150, 3: 2850, 4: 5500, 9: 5500, 10: 6500, 11: 7500, 12: 6400, 13: 5050, 14: 4150, 15: 3525,
    16: 2925, 17: 2850, 18: 5500, 19: 6500, 20: 5500, 21: 6500, 22: 7500, 23: 5000, 24: 3200,
}  # fmt: skip
"""EXIF LightSource code to kelvin, as Adobe's DNG SDK reads it (dng_camera_profile.cpp)."""

MAKE, MODEL, SAMPLES_PER_PIXEL = 271, 272, 277
CFA_DIM, CFA_PATTERN, CFA_PLANE_COLOR, CFA_LAYOUT = 33421, 33422, 50710, 50711
DNG_BACKWARD_VERSION = 50707
CAPTURED = 36867  # DateTimeOriginal; a converter sets DateTime, tag 306, to its own time
ORIENTATION, ISO, EXPOSURE, F_NUMBER, FOCAL = 274, 34855, 33434, 33437, 37386
MOST_SHORT_ISO, SENSITIVITY_TYPE, RECOMMENDED_INDEX = 65535, 34864, 34866
LONG_ISO = {"StandardOutputSensitivity": 34865, "RecommendedExposureIndex": RECOMMENDED_INDEX, "ISOSpeed": 34867}
UNIQUE_MODEL, OPCODES = 50708, (51008, 51009, 51022)
BLACK_DIM, BLACK, BLACK_DELTAS, WHITE = 50713, 50714, (50715, 50716), 50717
COLOR_MATRIX, CAMERA_CALIBRATION, FORWARD_MATRIX = (50721, 50722), (50723, 50724), (50964, 50965)
ANALOG_BALANCE, NEUTRAL, WHITE_XY, BASELINE_EXPOSURE = 50727, 50728, 50729, 50730
ILLUMINANT, ACTIVE_AREA, NOISE_PROFILE = (50778, 50779), 50829, 51041


@dataclass(frozen=True)
class DngTags:
    """What a DNG says about its raw picture; None or empty where the tag is absent.

    `black_level_dn`: 2x2 levels from the active area's corner; `noise_profile`: (a, b) averaged over the
    colour planes;
    `active_px`: top, left, height and width of the active area in the stored picture; `planes`: samples per pixel;
    `orientation`: TIFF's 1 to 8; `captured_at`: the camera's clock, ISO 8601;
    `opcodes`: the corrections that the file asks for, by the number of their list.
    """

    calibration: CameraCalibration | None
    as_shot_neutral: tuple[float, float, float] | None
    black_level_dn: np.ndarray | None
    white_level_dn: float | None
    noise_profile: tuple[float, float] | None
    baseline_exposure_ev: float | None
    active_px: tuple[int, int, int, int]
    planes: int
    orientation: int
    make: str
    model: str
    iso: float | None
    exposure_s: float | None
    f_number: float | None
    focal_length_mm: float | None
    captured_at: str | None
    opcodes: Mapping[int, tuple[Opcode, ...]]


def read_tags(path: Path) -> DngTags | None:
    """Return the raw picture's tags, or None for a file that is no DNG. Raises: InputError as `read_directories` and `tags_of` do."""
    directories = read_directories(path)
    return directories and tags_of(path, directories)


def tags_of(path: Path, directories: Directories) -> DngTags:
    """Return what a DNG's directories mean. Raises: InputError if they cannot be understood."""
    try:
        return _parse(directories.first, directories.raw, directories.exif)
    except (ValueError, KeyError, IndexError, TypeError, ZeroDivisionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: damaged DNG directory ({error}); copy it from the camera again") from error


def _parse(first: Mapping[int, Tag], raw: Mapping[int, Tag], exif: Mapping[str, Any]) -> DngTags:
    both = {**raw, **first}
    calibration = _calibration(first)
    profile = np.array(_numbers(raw, NOISE_PROFILE) or _numbers(first, NOISE_PROFILE)).reshape(-1, 2)
    white = _numbers(raw, WHITE)
    return DngTags(
        calibration=calibration,
        as_shot_neutral=_neutral(first),
        black_level_dn=_black_levels(raw),
        white_level_dn=white[0] if white else None,
        noise_profile=(float(profile[:, 0].mean()), float(profile[:, 1].mean())) if len(profile) else None,
        baseline_exposure_ev=next(iter(_numbers(first, BASELINE_EXPOSURE)), None),
        active_px=_active_area(raw),
        planes=int(next(iter(_numbers(raw, SAMPLES_PER_PIXEL)), 1)),
        orientation=int(next(iter(_numbers(first, ORIENTATION)), 1)),
        make=_text(first, MAKE),
        model=_text(first, MODEL) or _text(first, UNIQUE_MODEL),
        iso=_iso(exif, both),
        exposure_s=_exif(exif, both, "ExposureTime", EXPOSURE),
        f_number=_exif(exif, both, "FNumber", F_NUMBER),
        focal_length_mm=_exif(exif, both, "FocalLength", FOCAL),
        captured_at=_captured_at(exif.get("DateTimeOriginal") or _text(both, CAPTURED)),
        opcodes=_opcodes(raw if any(code in raw for code in OPCODES) else first),
    )


def _calibration(tags: Mapping[int, Tag]) -> CameraCalibration | None:
    """Both illuminants' matrices; AnalogBalance and CameraCalibration are folded into the ColorMatrix.

    The ForwardMatrix takes white-balanced values, where diagonal individual calibrations cancel; with others
    it is left out.
    """
    balance = np.diag(_numbers(tags, ANALOG_BALANCE) or [1.0, 1.0, 1.0])
    colour, forward, kelvin, cancels = [], [], [], True
    for matrix, individual, forwards, light in zip(
        COLOR_MATRIX, CAMERA_CALIBRATION, FORWARD_MATRIX, ILLUMINANT, strict=True
    ):
        if matrix not in tags:
            continue
        unit = np.array(_numbers(tags, individual) or np.eye(3)).reshape(3, 3)
        cancels &= np.allclose(unit, np.diag(np.diag(unit)))
        colour.append(balance @ unit @ np.array(_numbers(tags, matrix)).reshape(3, 3))
        forward += [np.array(_numbers(tags, forwards)).reshape(3, 3)] if forwards in tags else []
        kelvin.append(ILLUMINANT_KELVIN.get(int(next(iter(_numbers(tags, light)), 0)), 0.0))
    if not colour:
        return None
    count = len(colour) if all(kelvin) else 1  # an unknown light cannot be interpolated to
    whole = cancels and len(forward) == len(colour)
    return CameraCalibration(
        tuple(colour[:count]),
        tuple(k or 5000.0 for k in kelvin[:count]),
        tuple(forward[:count]) if whole else (),
    )


def _neutral(tags: Mapping[int, Tag]) -> tuple[float, float, float] | None:
    neutral = _numbers(tags, NEUTRAL)
    if len(neutral) != 3 or not all(math.isfinite(value) and value > 0 for value in neutral):
        return None
    return neutral[0], neutral[1], neutral[2]


def _black_levels(raw: Mapping[int, Tag]) -> np.ndarray | None:
    """The 2x2 black levels; None where a correction per row or column makes LibRaw's the better account."""
    rows, columns = (int(n) for n in _numbers(raw, BLACK_DIM) or (1, 1))
    levels = np.array(_numbers(raw, BLACK) or [0.0] * (rows * columns))
    if any(tag in raw for tag in BLACK_DELTAS) or levels.size != rows * columns or 2 % rows or 2 % columns:
        return None
    return np.tile(levels.reshape(rows, columns), (2 // rows, 2 // columns))


def _active_area(raw: Mapping[int, Tag]) -> tuple[int, int, int, int]:
    width, height = (int(raw[code][1]) for code in (WIDTH, HEIGHT))
    top, left, bottom, right = (int(edge) for edge in _numbers(raw, ACTIVE_AREA) or (0, 0, height, width))
    return top, left, bottom - top, right - left


def _opcodes(tags: Mapping[int, Tag]) -> dict[int, tuple[Opcode, ...]]:
    lists = {}
    for number, code in enumerate(OPCODES, 1):
        if code not in tags:
            continue
        content = tags[code][1]
        try:
            lists[number] = parse_opcodes(content if isinstance(content, bytes) else b"")
        except ValueError as error:
            raise ValueError(f"OpcodeList{number}: {error}") from error
    return lists


def _text(tags: Mapping[int, Tag], code: int) -> str:
    return str(tags[code][1]).strip("\0 ") if code in tags else ""


def _captured_at(text: object) -> str | None:
    """EXIF's "2016:01:01 23:07:27" as ISO 8601; None for a clock that was never set, or no date at all."""
    try:
        return datetime.strptime(str(text).strip("\0 "), "%Y:%m:%d %H:%M:%S").isoformat()
    except ValueError:
        return None


def _iso(exif: Mapping[str, Any], tags: Mapping[int, Tag]) -> float | None:
    """The ISO speed; beyond 65534 Exif has it in a tag of its own (Exif 2.32, 4.6.5, SensitivityType)."""
    iso = _exif(exif, tags, "ISOSpeedRatings", ISO)
    if iso is not None and iso < MOST_SHORT_ISO:
        return iso
    larger = [_exif(exif, tags, name, code) for name, code in LONG_ISO.items()]
    return max([value for value in (iso, *larger) if value], default=None)


def _exif(exif: Mapping[str, Any], tags: Mapping[int, Tag], name: str, code: int) -> float | None:
    value = exif.get(name)
    if value is None:
        return next(iter(_numbers(tags, code)), None)
    value = np.atleast_1d(value)
    return float(value[0] / value[1]) if value.size == 2 and value[1] else float(value[0])
