"""A raw's colour: the camera's calibration and its white balance, from the best account that there is."""

from pathlib import Path

import numpy as np

from attiqa_core.errors import InputError
from isp_env.colour import D65_XYZ, CameraCalibration
from isp_env.raw_io.decoding.libraw import Decoded
from isp_env.raw_io.dng_tags import DngTags
from isp_env.raw_samples import checked_gains

MONOCHROME = "none: the sensor is monochrome"


def calibration_of(path: Path, decoded: Decoded, tags: DngTags | None) -> tuple[CameraCalibration, str]:
    """Return the calibration and where it comes from. Raises: InputError for a camera unknown in every way."""
    if decoded.colours == 1:
        return CameraCalibration.from_linear_srgb(), MONOCHROME
    if tags is not None and tags.calibration is not None:
        return tags.calibration, "DNG ColorMatrix"
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
    if tags is not None and tags.as_shot_neutral is not None:
        red, green, blue = tags.as_shot_neutral
        return checked_gains(str(path), (1 / red, 1 / green, 1 / blue)), "DNG AsShotNeutral"
    for gains, source in ((decoded.camera_gains, "camera"), (decoded.daylight_gains, "daylight: none was recorded")):
        if all(np.isfinite(gain) and gain > 0 for gain in gains[:3]):
            return checked_gains(str(path), gains[:3]), source
    red, green, blue = calibration.xyz_to_camera[-1] @ np.array(D65_XYZ)
    return checked_gains(str(path), (1 / red, 1 / green, 1 / blue)), "D65: none was recorded"
