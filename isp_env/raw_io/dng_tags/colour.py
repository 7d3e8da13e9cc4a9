"""The colour of one DNG: a camera model's profile, and how this very camera differs from the model.

Source: DNG Specification 1.7.1.0, chapter 4, and chapter 6 "Mapping Camera Color Space to CIE XYZ Space".
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from isp_env.colorimetry.calibration import CameraCalibration
from isp_env.raw_io.decoding.tiff_tags import (
    ANALOG_BALANCE,
    CAMERA_CALIBRATIONS,
    NEUTRAL,
    WHITE_XY,
    Tag,
    matrix,
    numbers,
    text,
)
from isp_env.raw_io.dng_tags.camera_profiles import CameraProfile, profile_of
from isp_env.raw_io.dng_tags.illuminants import ByteOrder

CAMERA_SIGNATURE = 50931


@dataclass(frozen=True)
class ColourTags:
    """What a DNG says about colour; None where it says nothing.

    `profile`: the camera model's; `analog_balance`: gains of R, G, B that were applied to the stored values;
    `unit`: the model's RGB to this camera's under lights 1 to 3, identity where none is given; `unit_signature`: whose
    measurement that is; `neutral`: white as the camera saw it, or `white_xy`, the chromaticity of its light.
    """

    profile: CameraProfile | None
    analog_balance: np.ndarray
    unit: tuple[np.ndarray, np.ndarray, np.ndarray]
    unit_signature: str
    neutral: tuple[float, float, float] | None
    white_xy: tuple[float, float] | None

    def calibration(self, profile: CameraProfile | None = None) -> CameraCalibration | None:
        """Return the calibration of this camera with the file's profile, or with another.

        The unit's matrices count where their signature is the profile's, AnalogBalance does in any case.
        """
        profile = profile or self.profile
        if profile is None:
            return None
        matches = self.unit_signature == profile.signature
        units = [self.unit[light] if matches else np.eye(3) for light in profile.lights]
        individual = tuple(self.analog_balance @ unit for unit in units)
        same = all(np.array_equal(each, np.eye(3)) for each in individual)
        return replace(profile.calibration, individual=() if same else individual)


def colour_tags(tags: Mapping[int, Tag], byte_order: ByteOrder) -> ColourTags:
    """Return the colour of a DNG's first directory."""
    balance = _positive(numbers(tags, ANALOG_BALANCE), 3)
    first, second, third = (np.eye(3) if (each := matrix(tags, code)) is None else each for code in CAMERA_CALIBRATIONS)
    neutral = _positive(numbers(tags, NEUTRAL), 3)
    white = _positive(numbers(tags, WHITE_XY), 2)
    return ColourTags(
        profile=profile_of(tags, byte_order),
        analog_balance=np.diag(balance or [1.0, 1.0, 1.0]),
        unit=(first, second, third),
        unit_signature=text(tags, CAMERA_SIGNATURE),
        neutral=(neutral[0], neutral[1], neutral[2]) if neutral else None,
        white_xy=(white[0], white[1]) if white and sum(white) < 1 else None,
    )


def _positive(values: list[float], count: int) -> list[float]:
    """The values if there are so many and all are finite and positive, else none."""
    return values if len(values) == count and all(math.isfinite(each) and each > 0 for each in values) else []
