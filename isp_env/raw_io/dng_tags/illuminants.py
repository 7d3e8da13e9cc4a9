"""The lights that a camera was measured under, as DNG and DCP files name them.

Source: DNG Specification 1.7.1.0, chapter 4, CalibrationIlluminant1 to 3 and IlluminantData1 to 3.
"""

import math
import struct
from collections.abc import Mapping
from typing import Literal

import numpy as np
import torch

from isp_env.colorimetry.white_point import mired_from_uv, uv_from_mired, uv_from_xyz, xyz_from_uv, xyz_of_spectrum
from isp_env.raw_io.decoding.tiff_tags import ILLUMINANT_DATA, ILLUMINANTS, Tag, number

OTHER = 255  # the light is in IlluminantData

ILLUMINANT_KELVIN: dict[int, float] = {
    1: 5500, 2: 4150, 3: 2850, 4: 5500, 9: 5500, 10: 6500, 11: 7500, 12: 6400, 13: 5050, 14: 4150, 15: 3525,
    16: 2925, 17: 2850, 18: 5500, 19: 6500, 20: 5500, 21: 6500, 22: 7500, 23: 5000, 24: 3200,
}  # fmt: skip
"""EXIF LightSource code to kelvin, as Adobe's DNG SDK reads it (dng_camera_profile.cpp)."""

MOST_WAVELENGTHS = 1000  # of a spectrum; the SDK takes as many
ByteOrder = Literal["<", ">"]


def light_of(tags: Mapping[int, Tag], which: int, byte_order: ByteOrder) -> tuple[float, float] | None:
    """Return the kelvin and Duv of light 0, 1 or 2; None if the file does not say which it is."""
    code = int(number(tags, ILLUMINANTS[which], 0))
    if code != OTHER:
        return (ILLUMINANT_KELVIN[code], 0.0) if code in ILLUMINANT_KELVIN else None
    content = tags[ILLUMINANT_DATA[which]][1] if ILLUMINANT_DATA[which] in tags else b""
    xyz = illuminant_xyz(content if isinstance(content, bytes) else b"", byte_order)
    if xyz is None:
        return None
    mired, duv = mired_from_uv(uv_from_xyz(torch.from_numpy(xyz)))
    return 1e6 / max(float(mired), 1.0), float(duv)


def illuminant_xyz(content: bytes, byte_order: ByteOrder) -> np.ndarray | None:
    """Return the CIE XYZ (Y = 1) of IlluminantData: a chromaticity or a spectrum; None if it is neither."""
    try:
        (kind,) = struct.unpack_from(f"{byte_order}H", content)
        if kind == 0:
            x, y = _fractions(content, 2, 2, byte_order)
            return np.array([x / y, 1.0, (1 - x - y) / y]) if x > 0 and y > 0 and x + y < 1 else None
        (count,) = struct.unpack_from(f"{byte_order}I", content, 2)
        if kind != 1 or not 2 <= count <= MOST_WAVELENGTHS:
            return None
        first, spacing, *power = _fractions(content, 6, 2 + count, byte_order)
    except (struct.error, ZeroDivisionError):
        return None
    if not (spacing > 0 and math.fsum(power) > 0):
        return None
    return xyz_of_spectrum((first + spacing * np.arange(count)) * 1e-9, np.array(power))


def _fractions(content: bytes, start: int, count: int, byte_order: ByteOrder) -> list[float]:
    values = struct.unpack_from(f"{byte_order}{2 * count}I", content, start)
    return [above / below for above, below in zip(values[::2], values[1::2], strict=True)]


def encode_light(kelvin: float, duv: float) -> bytes:
    """Return little-endian IlluminantData of a light's chromaticity, to six decimals."""
    xyz = xyz_from_uv(uv_from_mired(torch.tensor(1e6 / kelvin).double(), torch.tensor(duv).double())).numpy()
    x, y = (round(float(each) * 10**6) for each in xyz[:2] / xyz.sum())
    return struct.pack("<H4I", 0, x, 10**6, y, 10**6)
