"""The white that a recipe chose for one raw, in the numbers of Camera Raw and of RawTherapee."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.interpolate import PchipInterpolator
from scipy.optimize import brentq

from isp_env.colorimetry.rgb_spaces import D65_KELVIN, XYZ_TO_SRGB
from isp_env.frames.batch import FrameBatch
from isp_env.frames.raw_samples import RawSamples
from isp_env.parameters.adobe_scales import TINT_PER_DUV
from isp_env.params import IspParams

RAWTHERAPEE_GREEN = (0.02, 10.0)
BLACK_BODY = (
    (2200, 0.50851, 0.40950),
    (2350, 0.49363, 0.40885),
    (2500, 0.47960, 0.40717),
    (2750, 0.45804, 0.40272),
    (3000, 0.43879, 0.39691),
    (3250, 0.42162, 0.39035),
    (3500, 0.40641, 0.38344),
    (3750, 0.39291, 0.37648),
    (3999, 0.38097, 0.36967),
)
DAYLIGHT = (
    (4001, 0.38299, 0.37828),
    (4400, 0.36634, 0.36799),
    (5000, 0.34602, 0.35350),
    (5600, 0.33019, 0.34077),
    (6300, 0.31588, 0.32824),
    (7000, 0.30486, 0.31792),
    (8000, 0.29301, 0.30621),
    (9000, 0.28430, 0.29720),
    (10500, 0.27492, 0.28712),
    (12500, 0.26658, 0.27784),
    (15000, 0.25981, 0.27008),
    (18000, 0.25460, 0.26398),
    (25000, 0.24797, 0.25605),
)
"""Kelvin, x, y of the whites that RawTherapee 5.9 balances for at green 1, read off its renders of flat DNGs; two cameras'
matrices agree to 0.00002. They lie 0.004 below the CIE's daylight in y, and jump at 4000 K."""

RAWTHERAPEE_KELVIN = (BLACK_BODY[0][0], DAYLIGHT[-1][0])
TINY = 1e-6


@dataclass(frozen=True)
class ChosenWhite:
    """The white point of one recipe: `mired` and `duv` (positive is greener), and what the camera's R, G, B answer to it."""

    mired: float
    duv: float
    gains: tuple[float, float, float]
    xyz_to_camera: np.ndarray
    """The camera's matrix for daylight."""

    @classmethod
    def of(cls, frame: RawSamples, params: IspParams, gains: torch.Tensor) -> "ChosenWhite":
        """Return that of a frame; `gains`: what the recipe multiplies the camera's R, G, B by."""
        colour = FrameBatch.stack([_corner(frame)]).colour
        mired = float(colour.white_mired[0] - params["temperature_mired"][0])
        duv = float(colour.white_duv[0] - params["tint_duv"][0])
        off = [abs(kelvin - D65_KELVIN) for kelvin in frame.calibration.illuminant_kelvin]
        matrix = frame.calibration.xyz_to_camera[int(np.argmin(off))]
        red, green, blue = gains.flatten().tolist()
        return cls(mired, duv, (red, green, blue), np.asarray(matrix))


def _corner(frame: RawSamples) -> RawSamples:
    return replace(frame.corner(4), shading=None)


def adobe_white(white: ChosenWhite) -> tuple[float, float]:
    """Return temperature in kelvin and tint, of which positive makes the picture more magenta, before they are limited.

    Source: DNG SDK 1.7, dng_temperature: the nearest black body, and the distance from it in CIE 1960 uv times 3000.
    """
    return 1e6 / max(white.mired, 1.0), TINT_PER_DUV * white.duv


def rawtherapee_white(white: ChosenWhite) -> tuple[float, float]:
    """Return temperature in kelvin and green of RawTherapee's custom white balance that has these gains.

    Red to blue of the white, which the daylight matrix makes of the camera's answer, in linear sRGB, tells the temperature;
    green is how much less green it has than that light. Where no light has that red to blue, the nearest temperature.
    """
    red, green, blue = XYZ_TO_SRGB @ np.linalg.solve(white.xyz_to_camera, 1 / np.array(white.gains))
    wanted = _log_ratio(red, blue)
    low, high = RAWTHERAPEE_KELVIN

    def excess(kelvin: float) -> float:
        return _log_ratio(*light_srgb(kelvin)[::2]) - wanted

    if excess(low) <= 0:
        kelvin = float(low)
    elif excess(high) >= 0:
        kelvin = float(high)
    else:
        kelvin = float(brentq(excess, low, high, xtol=0.01))  # type: ignore[arg-type]
    r, g, b = light_srgb(round(kelvin))
    less_green = (
        np.sqrt(max(r * b, TINY) / max(red * blue, TINY)) * green / g
    )  # of red and blue alike, where kelvin is limited
    return round(kelvin), float(np.clip(1 / max(less_green, TINY), *RAWTHERAPEE_GREEN))


def light_srgb(kelvin: float) -> np.ndarray:
    """Return linear sRGB, Y = 1, of the light that RawTherapee means by a temperature."""
    table = np.array(BLACK_BODY if kelvin < DAYLIGHT[0][0] else DAYLIGHT)
    x, y = PchipInterpolator(1e6 / table[::-1, 0], table[::-1, 1:])(1e6 / kelvin)
    return XYZ_TO_SRGB @ np.array([x / y, 1.0, (1 - x - y) / y])


def _log_ratio(red: float, blue: float) -> float:
    return float(np.log(max(red, TINY) / max(blue, TINY)))
