"""Camera profiles: what Adobe or a photographer measured of a camera model, from a DNG's first directory or a `.dcp` file.

Source: DNG Specification 1.7.1.0, chapter 4 (tags) and chapter 5 "Camera Profiles" (the file form of DCP).
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from attiqa_core.errors import InputError
from isp_env.colorimetry.calibration import CameraCalibration
from isp_env.raw_io.decoding.plausible import plausible_tags
from isp_env.raw_io.decoding.tiff_tags import COLOR_MATRICES, FORWARD_MATRICES, UNIQUE_MODEL, Tag, matrix, number, text
from isp_env.raw_io.dng_tags.illuminants import ByteOrder, light_of

PROFILE_NAME, PROFILE_SIGNATURE, EXPOSURE_OFFSET = 50936, 50932, 51109
TABLES: dict[int, str] = {
    50938: "ProfileHueSatMap", 50939: "ProfileHueSatMap", 52537: "ProfileHueSatMap", 50940: "ProfileToneCurve",
    50982: "ProfileLookTable", 52525: "ProfileGainTableMap", 52544: "ProfileGainTableMap", 52543: "RGBTables",
    50725: "ReductionMatrix", 50726: "ReductionMatrix", 52538: "ReductionMatrix",
}  # fmt: skip
"""Parts of a profile that no stage applies; the specification lets a reader leave them out."""

UNKNOWN_LIGHT_KELVIN = 5000.0
LARGEST_BYTES, MOST_TAGS = 64 * 2**20, 1000  # of a DCP file; Adobe's largest have 1 MB and 40 tags
_TYPES = {1: "B", 2: "c", 3: "H", 4: "I", 5: "2I", 6: "b", 7: "c", 8: "h", 9: "i", 10: "2i", 11: "f", 12: "d"}


@dataclass(frozen=True)
class CameraProfile:
    """A camera model's colour.

    `lights`: which of the file's illuminants, 0 to 2, the calibration's entries are; `signature`: of the units whose individual
    calibration goes with it; `exposure_offset_ev`: added to the file's BaselineExposure; `not_applied`: parts by name.
    """

    calibration: CameraCalibration
    lights: tuple[int, ...]
    name: str = ""
    camera_model: str = ""
    signature: str = ""
    exposure_offset_ev: float = 0.0
    not_applied: tuple[str, ...] = ()


def profile_of(tags: Mapping[int, Tag], byte_order: ByteOrder) -> CameraProfile | None:
    """Return the profile that a directory holds, None if it holds none of three colours.

    A single ForwardMatrix serves all lights, and an unknown light leaves the first matrix alone, as in Adobe's DNG SDK.
    """
    colour = [matrix(tags, code) for code in COLOR_MATRICES]
    measured = [light_of(tags, which, byte_order) for which in range(3)]
    usable = [which for which in range(3) if colour[which] is not None and measured[which] is not None]
    if colour[0] is None:
        return None
    lights = (0, 1, 2)[: next((count for count in (3, 2) if usable[:count] == [0, 1, 2][:count]), 1)]
    lights = lights[:1] if len(lights) == 2 and measured[0] == measured[1] else lights
    known = [measured[which] or (UNKNOWN_LIGHT_KELVIN, 0.0) for which in lights]
    forward = {which: each for which in range(3) if (each := matrix(tags, FORWARD_MATRICES[which])) is not None}
    only = next(iter(forward.values()), None)
    off_locus = any(duv for _, duv in known)
    left_out = [
        f"ColorMatrix{which + 1} (its light is unknown)"
        for which in (1, 2)
        if which not in lights and colour[which] is not None
    ]
    return CameraProfile(
        calibration=CameraCalibration(
            xyz_to_camera=tuple(each for which in lights if (each := colour[which]) is not None),
            illuminant_kelvin=tuple(kelvin for kelvin, _ in known),
            white_to_d50=() if only is None else tuple(forward.get(which, only) for which in lights),
            illuminant_duv=tuple(duv for _, duv in known) if off_locus else (),
        ),
        lights=lights,
        name=text(tags, PROFILE_NAME),
        camera_model=text(tags, UNIQUE_MODEL),
        signature=text(tags, PROFILE_SIGNATURE),
        exposure_offset_ev=number(tags, EXPOSURE_OFFSET, 0.0),
        not_applied=(*dict.fromkeys(name for code, name in TABLES.items() if code in tags), *left_out),
    )


def read_dcp(path: Path) -> CameraProfile:
    """Return the profile of a `.dcp` file. Raises: InputError for a file that is none, an ICC profile among them."""
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise InputError(f"{path}: is larger than {LARGEST_BYTES // 2**20} MiB; give a camera profile (.dcp)")
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give a camera profile (.dcp)") from error
    if content[36:40] == b"acsp":
        raise InputError(f"{path}: is an ICC profile, and only DCP input profiles are read; give the camera's .dcp")
    orders: dict[bytes, ByteOrder] = {b"IIRC": "<", b"MMCR": ">"}
    byte_order = orders.get(content[:4])
    if byte_order is None:
        raise InputError(f"{path}: is no camera profile (it does not begin with IIRC or MMCR); give a .dcp file")
    try:
        tags, doubts = plausible_tags(path, _directory(content, byte_order))
    except (struct.error, ValueError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path}: damaged camera profile ({error}); copy it again") from error
    profile = profile_of(tags, byte_order)
    if profile is None:
        why = f" ({', '.join(doubts)})" if doubts else ""
        raise InputError(f"{path}: has no ColorMatrix1 of three colours{why}; give another camera profile")
    return replace(profile, not_applied=(*profile.not_applied, *doubts))


def _directory(content: bytes, byte_order: ByteOrder) -> dict[int, Tag]:
    """The tags of a file that is a TIFF but for its first bytes and the picture."""
    (start,) = struct.unpack_from(f"{byte_order}I", content, 4)
    (count,) = struct.unpack_from(f"{byte_order}H", content, start)
    if count > MOST_TAGS:
        raise ValueError(f"{count} tags")
    entries = (struct.unpack_from(f"{byte_order}HHI", content, start + 2 + 12 * entry) for entry in range(count))
    return {
        code: (kind, _values(content, start + 10 + 12 * entry, kind, number, byte_order))
        for entry, (code, kind, number) in enumerate(entries)
        if kind in _TYPES
    }


def _values(content: bytes, place: int, kind: int, count: int, byte_order: ByteOrder) -> Any:
    """A tag's value in the form that `directories` gives it."""
    size = struct.calcsize(f"{byte_order}{_TYPES[kind]}") * count
    if size > 4:
        (place,) = struct.unpack_from(f"{byte_order}I", content, place)
    if place + size > len(content):
        raise ValueError("a tag reaches beyond its end")
    if kind in (1, 2, 7):
        return content[place : place + size]
    letter = _TYPES[kind][-1]
    values = np.frombuffer(
        content, np.dtype(f"{byte_order}{letter}"), size // struct.calcsize(f"{byte_order}{letter}"), place
    )
    return tuple(values.tolist())
