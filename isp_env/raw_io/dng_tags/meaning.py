"""The DNG tags that LibRaw hides: colour, levels, crop, noise profile, baseline exposure.

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
from isp_env.raw_io.decoding.directories import Directories, active_area, read_directories
from isp_env.raw_io.decoding.tiff_tags import (
    MAKE,
    MODEL,
    NOISE_PROFILE,
    OPCODE_LISTS,
    ORIENTATION,
    SAMPLES_PER_PIXEL,
    UNIQUE_MODEL,
    Area,
    Tag,
    number,
    numbers,
    text,
)
from isp_env.raw_io.dng_tags.colour import ColourTags, colour_tags
from isp_env.raw_io.dng_tags.crop import default_crop
from isp_env.raw_io.dng_tags.hints import Hints, hints_of
from isp_env.raw_io.dng_tags.levels import DngLevels, dng_levels
from isp_env.raw_io.opcodes.parsing import Opcode, parse_opcodes

BASELINE_EXPOSURE = 50730
CAPTURED = 36867  # DateTimeOriginal; a converter sets DateTime, tag 306, to its own time
ISO, EXPOSURE, F_NUMBER, FOCAL = 34855, 33434, 33437, 37386
MOST_SHORT_ISO, SENSITIVITY_TYPE, RECOMMENDED_INDEX = 65535, 34864, 34866
LONG_ISO = {"StandardOutputSensitivity": 34865, "RecommendedExposureIndex": RECOMMENDED_INDEX, "ISOSpeed": 34867}


@dataclass(frozen=True)
class DngTags:
    """What a DNG says about its raw picture; None or empty where the tag is absent.

    `levels`: black and white, None where they contradict themselves; `noise_profile`: (a, b) averaged over the colour planes;
    `baseline_exposure_ev`: without the profile's offset;
    `active_px`: top, left, height and width of the active area in the stored picture; `crop_px`: of the part to be seen,
    None for all of it; `planes`: samples per pixel;
    `orientation`: TIFF's 1 to 8; `captured_at`: the camera's clock, ISO 8601;
    `opcodes`: the corrections that the file asks for, by the number of their list; `hints`: what else it says of its picture.
    """

    colour: ColourTags
    levels: DngLevels | None
    noise_profile: tuple[float, float] | None
    baseline_exposure_ev: float | None
    active_px: Area
    crop_px: Area | None
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
    hints: Hints


def read_tags(path: Path) -> DngTags | None:
    """Return the raw picture's tags, or None for a file that is no DNG. Raises: InputError as `read_directories` and `tags_of` do."""
    directories = read_directories(path)
    return directories and tags_of(path, directories)


def tags_of(path: Path, directories: Directories) -> DngTags:
    """Return what a DNG's directories mean. Raises: InputError if they cannot be understood."""
    try:
        return _parse(directories)
    except (ValueError, KeyError, IndexError, TypeError, ZeroDivisionError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: damaged DNG directory ({error}); copy it from the camera again") from error


def _parse(directories: Directories) -> DngTags:
    first, raw, exif = directories.first, directories.raw, directories.exif
    both = {**raw, **first}
    profile = np.array(numbers(raw, NOISE_PROFILE) or numbers(first, NOISE_PROFILE)).reshape(-1, 2)
    planes, active = int(number(raw, SAMPLES_PER_PIXEL, 1)), active_area(raw)
    colour = colour_tags(first, ">" if directories.byte_order == ">" else "<")
    return DngTags(
        colour=colour,
        levels=dng_levels(raw, planes),
        noise_profile=(float(profile[:, 0].mean()), float(profile[:, 1].mean())) if len(profile) else None,
        baseline_exposure_ev=_baseline_exposure(first),
        active_px=active,
        crop_px=default_crop(raw, active),
        planes=planes,
        orientation=int(number(first, ORIENTATION, 1)),
        make=text(first, MAKE),
        model=text(first, MODEL) or text(first, UNIQUE_MODEL),
        iso=_iso(exif, both),
        exposure_s=_exif(exif, both, "ExposureTime", EXPOSURE),
        f_number=_exif(exif, both, "FNumber", F_NUMBER),
        focal_length_mm=_exif(exif, both, "FocalLength", FOCAL),
        captured_at=_captured_at(exif.get("DateTimeOriginal") or text(both, CAPTURED)),
        opcodes=_opcodes(raw if any(code in raw for code in OPCODE_LISTS) else first),
        hints=hints_of(first, raw),
    )


def _baseline_exposure(tags: Mapping[int, Tag]) -> float | None:
    ev = number(tags, BASELINE_EXPOSURE, math.nan)
    return ev if math.isfinite(ev) else None


def _opcodes(tags: Mapping[int, Tag]) -> dict[int, tuple[Opcode, ...]]:
    lists = {}
    for which, code in enumerate(OPCODE_LISTS, 1):
        if code not in tags:
            continue
        content = tags[code][1]
        try:
            lists[which] = parse_opcodes(content if isinstance(content, bytes) else b"")
        except ValueError as error:
            raise ValueError(f"OpcodeList{which}: {error}") from error
    return lists


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
        return next(iter(numbers(tags, code)), None)
    value = np.atleast_1d(value)
    return float(value[0] / value[1]) if value.size == 2 and value[1] else float(value[0])
