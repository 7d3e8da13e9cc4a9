"""A raw's colour: the camera's calibration and its white balance, from the best account that there is."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np

from attiqa_core.errors import InputError
from isp_env.colorimetry.calibration import CameraCalibration
from isp_env.colorimetry.colour import ColourBatch, neutral_of_xy
from isp_env.colorimetry.rgb_spaces import D50_XYZ, D65_KELVIN, D65_XY, D65_XYZ, XYZ_TO_SRGB, white_to_white
from isp_env.frames.raw_samples import RawSamples
from isp_env.raw_io.decoding.decoded import Decoded
from isp_env.raw_io.decoding.tiff_tags import CURE
from isp_env.raw_io.dng_tags.camera_profiles import CameraProfile
from isp_env.raw_io.dng_tags.meaning import DngTags
from isp_env.raw_io.own_sensor.description import NOTHING, SensorDescription
from isp_env.sensor.channel_numbers import Gains, checked_gains

MONOCHROME = "none: the sensor is monochrome"
OWN = "the sensor file or the command line"
ASSUMED = "assumed sRGB primaries: the camera is unknown"
GREY_WORLD = "grey world: none was recorded, and the camera is unknown"
NOT_RECORDED = {
    "daylight: none was recorded": "white balance of the shot (none was recorded: daylight's is taken)",
    "D65: none was recorded": "white balance of the shot (none was recorded: daylight's is taken)",
    GREY_WORLD: "white balance of the shot (none was recorded, and the camera is unknown: the picture's mean is taken for grey)",
}
"""What stands among what was not applied, by the source of a white balance that is doubtful."""
Samples = TypeVar("Samples", bound=RawSamples)


@dataclass(frozen=True)
class CameraColour:
    """Calibration and as-shot gains, and where each comes from; gains of GREY_WORLD wait for the picture."""

    calibration: CameraCalibration
    calibration_source: str
    gains: Gains
    gains_source: str


def colour_of(path: Path, decoded: Decoded, tags: DngTags | None, own: SensorDescription = NOTHING) -> CameraColour:
    """Return a raw's colour: what its owner knows first. Raises: InputError for a camera unknown in every way."""
    if own.calibration is not None:
        calibration, source = own.calibration, OWN
    elif own.ccm is not None:
        calibration, source = CameraCalibration.from_linear_srgb(), OWN
    else:
        calibration, source = calibration_of(path, decoded, tags, own.profile)
    gains, gains_source = (own.gains, OWN) if own.gains else as_shot_gains(path, decoded, tags, calibration)
    if source == ASSUMED and gains_source in NOT_RECORDED:
        gains_source = GREY_WORLD
    if own.calibration is None and own.ccm is not None:
        calibration = calibration_from_ccm(own.ccm, gains)
    if gains_source != GREY_WORLD:
        check_white(path, calibration, gains)
    return CameraColour(calibration, source, gains, gains_source)


def check_white(path: Path, calibration: CameraCalibration, gains: Gains) -> None:
    """Raises: InputError if the white that the gains mean is no light by the matrix: each may be true, and both are not."""
    colour = ColourBatch.stack([calibration], [gains])  # which renders find the same, and remember
    if not (colour.white_mired.isfinite().all() and colour.white_duv.isfinite().all()):
        raise InputError(
            f"{path}: its colour matrix and its white balance contradict each other, so that no light is white; {CURE}, "
            "or give a profile of the camera (--dcp)"
        )


def calibration_from_ccm(ccm: np.ndarray, gains: Gains) -> CameraCalibration:
    """Return the calibration of a colour correction matrix: (3, 3), white-balanced camera RGB to linear sRGB, rows that sum to one.

    `gains` white-balance the camera. The light they belong to is taken to be D65, which only the kelvin shown depend on.
    """
    to_xyz = np.linalg.inv(XYZ_TO_SRGB) @ ccm
    return CameraCalibration(
        (np.linalg.inv(to_xyz @ np.diag(gains)),), (D65_KELVIN,), (white_to_white(D65_XYZ, D50_XYZ) @ to_xyz,)
    )


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
        return CameraCalibration((decoded.xyz_to_camera,), (D65_KELVIN,)), "LibRaw's table (D65)"
    if decoded.cfa is None:
        raise InputError(
            f"{path}: has neither a Bayer pattern nor a known colour matrix; convert it with the camera "
            "maker's or Adobe's DNG converter"
        )
    return CameraCalibration.from_linear_srgb(), ASSUMED


def as_shot_gains(
    path: Path, decoded: Decoded, tags: DngTags | None, calibration: CameraCalibration
) -> tuple[Gains, str]:
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


def _gains_for(path: Path, neutral: np.ndarray | Gains) -> Gains:
    """The gains that make the camera's answer to white neutral."""
    red, green, blue = (float(each) for each in neutral)
    return checked_gains(str(path), (1 / red, 1 / green, 1 / blue))


def with_calibration(samples: Samples, calibration: CameraCalibration, source: str) -> Samples:
    """Return the picture as taken by a camera of this calibration; white balance stays. `source` is for the metadata."""
    return replace(samples, calibration=calibration, metadata={**samples.metadata, "colour_source": source})
