"""Whether a DNG's AsShotNeutral can be a camera's answer to a light."""

from collections.abc import Mapping

import numpy as np

from isp_env.raw_io.decoding.tiff_tags import ANALOG_BALANCE, CAMERA_CALIBRATIONS, COLOR_MATRICES, NEUTRAL, Tag, numbers

MOST_FROM_LOCUS = 0.075  # in CIE 1960 uv; fluorescent lamps lie within 0.02, deep water and coloured lamps within 0.07
_KELVIN = 1e6 / np.linspace(1e6 / 15000, 1e6 / 1000, 64)


def doubtful_neutral(first: Mapping[int, Tag]) -> str | None:
    """Return why AsShotNeutral cannot be true: by no matrix of the file is it a light near the Planckian locus; None if it can.

    Gains of a colour that no light has make a picture that is nothing but that colour's opposite.
    """
    neutral = np.array(numbers(first, NEUTRAL))
    matrices = [
        _individual(first, calibration) @ np.array(numbers(first, code)).reshape(3, 3)
        for code, calibration in zip(COLOR_MATRICES, CAMERA_CALIBRATIONS, strict=True)
        if len(numbers(first, code)) == 9
    ]
    if neutral.size != 3 or not matrices:
        return None
    distances = [_from_locus(np.linalg.lstsq(matrix, neutral, rcond=None)[0]) for matrix in matrices]
    if min(distances) <= MOST_FROM_LOCUS:
        return None
    return f"AsShotNeutral ({', '.join(f'{value:.4g}' for value in neutral)}) is the colour of no light"


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
    """The Planckian locus without torch, which a decoder's process does not load (`white_point` has it exactly).

    Source: Krystek 1985, "An algorithm to calculate correlated colour temperature": within 8e-5 from 1,000 to 15,000 K.
    """
    u = (0.860117757 + 1.54118254e-4 * kelvin + 1.28641212e-7 * kelvin**2) / (
        1 + 8.42420235e-4 * kelvin + 7.08145163e-7 * kelvin**2
    )
    v = (0.317398726 + 4.22806245e-5 * kelvin + 4.20481691e-8 * kelvin**2) / (
        1 - 2.89741816e-5 * kelvin + 1.61456053e-7 * kelvin**2
    )
    return u, v
