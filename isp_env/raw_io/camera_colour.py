"""A raw's colour: the camera's calibration and its white balance, from the best account that there is."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from attiqa_core.errors import InputError
from isp_env.colour import D50_XYZ, D65_XYZ, XYZ_TO_SRGB, CameraCalibration, adaptation_matrix
from isp_env.raw_io.decoding.libraw import Decoded
from isp_env.raw_io.dng_tags import DngTags
from isp_env.raw_io.sensor_description import MONO, NOTHING, SensorDescription
from isp_env.raw_samples import checked_gains

Gains = tuple[float, float, float]
OWN = "the sensor file or the command line"
D65_KELVIN = 6504.0


@dataclass(frozen=True)
class CameraColour:
    """Calibration and as-shot gains, and where each comes from."""

    calibration: CameraCalibration
    calibration_source: str
    gains: Gains
    gains_source: str


def colour_of(path: Path, decoded: Decoded, tags: DngTags | None, own: SensorDescription = NOTHING) -> CameraColour:
    """Return a raw's colour: what its owner knows first. Raises: InputError for a camera unknown in every way."""
    if own.calibration is not None:
        calibration, source = own.calibration, OWN
    elif own.layout is not None and own.layout.cfa == MONO:
        calibration, source = CameraCalibration.from_linear_srgb(), "none: a sensor without colours"
    elif own.ccm is not None:
        calibration, source = CameraCalibration.from_linear_srgb(), OWN
    else:
        calibration, source = calibration_of(path, decoded, tags)
    gains, gains_source = (own.gains, OWN) if own.gains else as_shot_gains(path, decoded, tags, calibration)
    if own.calibration is None and own.ccm is not None:
        calibration = calibration_from_ccm(own.ccm, gains)
    return CameraColour(calibration, source, gains, gains_source)


def calibration_from_ccm(ccm: np.ndarray, gains: Gains) -> CameraCalibration:
    """Return the calibration of a colour correction matrix: (3, 3), white-balanced camera RGB to linear sRGB, rows that sum to one.

    `gains` white-balance the camera. The light they belong to is taken to be D65, which only the kelvin shown depend on.
    """
    to_xyz = np.linalg.inv(XYZ_TO_SRGB) @ ccm
    d50 = adaptation_matrix(*(torch.tensor(white, dtype=torch.float64) for white in (D65_XYZ, D50_XYZ))).numpy()
    return CameraCalibration((np.linalg.inv(to_xyz @ np.diag(gains)),), (D65_KELVIN,), (d50 @ to_xyz,))


def calibration_of(path: Path, decoded: Decoded, tags: DngTags | None) -> tuple[CameraCalibration, str]:
    """Return the calibration and where it comes from. Raises: InputError for a camera unknown in every way."""
    if tags is not None and tags.calibration is not None:
        return tags.calibration, "DNG ColorMatrix"
    if np.linalg.matrix_rank(decoded.xyz_to_camera) == 3:
        return CameraCalibration((decoded.xyz_to_camera,), (D65_KELVIN,)), "LibRaw's table (D65)"
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
    if tags is not None and tags.as_shot_neutral is not None:
        red, green, blue = tags.as_shot_neutral
        return checked_gains(str(path), (1 / red, 1 / green, 1 / blue)), "DNG AsShotNeutral"
    for gains, source in ((decoded.camera_gains, "camera"), (decoded.daylight_gains, "daylight: none was recorded")):
        if all(np.isfinite(gain) and gain > 0 for gain in gains[:3]):
            return checked_gains(str(path), gains[:3]), source
    red, green, blue = calibration.xyz_to_camera[-1] @ np.array(D65_XYZ)
    return checked_gains(str(path), (1 / red, 1 / green, 1 / blue)), "D65: none was recorded"
