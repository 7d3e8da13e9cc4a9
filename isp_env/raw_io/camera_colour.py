"""A raw's colour: the camera's calibration and its white balance, from the best account that there is."""

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from attiqa_core.errors import InputError
from isp_env.calibration import CameraCalibration
from isp_env.colour import D65_XY, neutral_of_xy
from isp_env.raw_io.camera_profiles import CameraProfile
from isp_env.raw_io.decoding.libraw import Decoded
from isp_env.raw_io.dng_tags import DngTags
from isp_env.raw_samples import RawSamples, checked_gains

MONOCHROME = "none: the sensor is monochrome"
Samples = TypeVar("Samples", bound=RawSamples)


def calibration_of(
    path: Path, decoded: Decoded, tags: DngTags | None, profile: CameraProfile | None = None
) -> tuple[CameraCalibration, str]:
    """Return the calibration and where it comes from; `profile` comes before the file's own.

    Raises: InputError for a camera unknown in every way.
    """
    if decoded.colours == 1:
        return CameraCalibration.from_linear_srgb(), MONOCHROME
    calibration = tags.colour.calibration(profile) if tags is not None else profile and profile.calibration
    if calibration is not None:
        return calibration, f"DCP {profile.name or profile.camera_model}" if profile else "DNG ColorMatrix"
    if np.linalg.matrix_rank(decoded.xyz_to_camera) == 3:
        return CameraCalibration((decoded.xyz_to_camera,), (6504.0,)), "LibRaw's table (D65)"
    if decoded.cfa is None:
        raise InputError(
            f"{path}: has neither a Bayer pattern nor a known colour matrix; convert it with the camera "
            "maker's or Adobe's DNG converter"
        )
    return CameraCalibration.from_linear_srgb(), "assumed sRGB primaries: the camera is unknown"


def as_shot_gains(
    path: Path, decoded: Decoded, tags: DngTags | None, calibration: CameraCalibration
) -> tuple[tuple[float, float, float], str]:
    """Return the white balance's gains of R, G, B and where they come from."""
    if decoded.colours == 1:
        return (1.0, 1.0, 1.0), MONOCHROME
    if tags is not None and tags.colour.neutral is not None:
        return _gains_for(path, tags.colour.neutral), "DNG AsShotNeutral"
    if tags is not None and tags.colour.white_xy is not None:
        return _gains_for(path, neutral_of_xy(calibration, tags.colour.white_xy)), "DNG AsShotWhiteXY"
    for gains, source in ((decoded.camera_gains, "camera"), (decoded.daylight_gains, "daylight: none was recorded")):
        if all(np.isfinite(gain) and gain > 0 for gain in gains[:3]):
            return checked_gains(str(path), gains[:3]), source
    return _gains_for(path, neutral_of_xy(calibration, D65_XY)), "D65: none was recorded"


def _gains_for(path: Path, neutral: np.ndarray | tuple[float, float, float]) -> tuple[float, float, float]:
    """The gains that make the camera's answer to white neutral."""
    red, green, blue = (float(each) for each in neutral)
    return checked_gains(str(path), (1 / red, 1 / green, 1 / blue))


def with_calibration(samples: Samples, calibration: CameraCalibration, source: str) -> Samples:
    """Return the picture as taken by a camera of this calibration; white balance stays. `source` is for the metadata."""
    return replace(samples, calibration=calibration, metadata={**samples.metadata, "colour_source": source})
