"""Whether a DNG's AsShotNeutral can be a camera's answer to a light."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from isp_env.colorimetry.rgb_spaces import D65_XYZ
from isp_env.raw_io.decoding.decoded import Decoded
from isp_env.raw_io.decoding.directories import Directories
from isp_env.raw_io.decoding.tiff_tags import (
    ANALOG_BALANCE,
    BLACK,
    CAMERA_CALIBRATIONS,
    COLOR_MATRICES,
    NEUTRAL,
    Tag,
    numbers,
)

MOST_FROM_LOCUS = 0.075  # in CIE 1960 uv; fluorescent lamps lie within 0.02, deep water and coloured lamps within 0.07
_KELVIN = 1e6 / np.linspace(1e6 / 15000, 1e6 / 1000, 64)


def without_doubtful_neutral(decoded: Decoded, directories: Directories) -> Directories:
    """Return the directories of what was decoded, less an AsShotNeutral that is the colour of no light, nor of this picture.

    A converted camera's infrared, and coloured lamps, fill the whole picture with what their owner balanced to neutral; a
    number that was damaged is not in it.
    """
    doubt = doubtful_neutral(directories.first)
    if not doubt or _suits(decoded, directories):
        return directories
    rest = {code: tag for code, tag in directories.first.items() if code != NEUTRAL}
    return replace(directories, first=rest, doubts=(*directories.doubts, doubt))


def _suits(decoded: Decoded, directories: Directories) -> bool:
    """Whether the picture's mean is nearer to AsShotNeutral than to daylight, in the logarithms of R/G and B/G."""
    samples, black = decoded.samples, np.mean(numbers(directories.raw, BLACK) or [0.0])
    if decoded.cfa is None:
        means = samples.mean((0, 1))[:3] - black
    else:
        sites = [samples[site // 2 :: 2, site % 2 :: 2].mean() - black for site in range(4)]
        means = np.array(
            [np.mean([mean for mean, at in zip(sites, decoded.cfa, strict=True) if at == letter]) for letter in "RGB"]
        )
    if min(means) <= 0:
        return False
    daylight = _matrices(directories.first)[-1] @ np.array(D65_XYZ)
    of_picture, balanced, of_daylight = (
        np.log([each[0] / each[1], each[2] / each[1]])
        for each in (means, np.array(numbers(directories.first, NEUTRAL)), daylight.clip(1e-6))
    )
    return bool(np.abs(of_picture - balanced).max() < np.abs(of_picture - of_daylight).max())


def doubtful_neutral(first: Mapping[int, Tag]) -> str | None:
    """Return why AsShotNeutral cannot be true: by no matrix of the file is it a light near the Planckian locus; None if it can.

    Gains of a colour that no light has make a picture that is nothing but that colour's opposite.
    """
    neutral = np.array(numbers(first, NEUTRAL))
    matrices = _matrices(first)
    if neutral.size != 3 or not matrices:
        return None
    distances = [_from_locus(np.linalg.lstsq(matrix, neutral, rcond=None)[0]) for matrix in matrices]
    if min(distances) <= MOST_FROM_LOCUS:
        return None
    return f"AsShotNeutral ({', '.join(f'{value:.4g}' for value in neutral)}) is the colour of no light"


def _matrices(first: Mapping[int, Tag]) -> list[np.ndarray]:
    """XYZ to this camera's RGB, by each light that the file has."""
    return [
        _individual(first, calibration) @ np.array(numbers(first, code)).reshape(3, 3)
        for code, calibration in zip(COLOR_MATRICES, CAMERA_CALIBRATIONS, strict=True)
        if len(numbers(first, code)) == 9
    ]


def _individual(first: Mapping[int, Tag], calibration: int) -> np.ndarray:
    """AnalogBalance times CameraCalibration: the camera model's RGB to this camera's."""
    balance, unit = numbers(first, ANALOG_BALANCE), numbers(first, calibration)
    diagonal = np.diag(balance if len(balance) == 3 else [1.0, 1.0, 1.0])
    return diagonal @ (np.array(unit).reshape(3, 3) if len(unit) == 9 else np.eye(3))


def _from_locus(xyz: np.ndarray) -> float:
    """The distance of a white from the Planckian locus in CIE 1960 uv; infinite for what is no colour at all."""
    x, y, z = xyz
    if y <= 0 or x + 15 * y + 3 * z <= 0 or x < 0:
        return float("inf")
    u, v = 4 * x / (x + 15 * y + 3 * z), 6 * y / (x + 15 * y + 3 * z)
    locus_u, locus_v = _locus(_KELVIN)
    return float(np.hypot(u - locus_u, v - locus_v).min())


def _locus(kelvin: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The Planckian locus without torch, which a decoder's process does not load (`colorimetry/white_point.py` has it exactly).

    Source: Krystek 1985, "An algorithm to calculate correlated colour temperature": within 8e-5 from 1,000 to 15,000 K.
    """
    u = (0.860117757 + 1.54118254e-4 * kelvin + 1.28641212e-7 * kelvin**2) / (
        1 + 8.42420235e-4 * kelvin + 7.08145163e-7 * kelvin**2
    )
    v = (0.317398726 + 4.22806245e-5 * kelvin + 4.20481691e-8 * kelvin**2) / (
        1 - 2.89741816e-5 * kelvin + 1.61456053e-7 * kelvin**2
    )
    return u, v
