"""How far measured patches are from their references: Delta E, white balance, exposure, saturation, tone."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from skimage.color import deltaE_ciede2000

from experiments.chart.reference import GREYS, MIDDLE_GREYS, Lab
from isp_env.colorimetry.rgb_spaces import D50_XYZ, D65_XYZ, SRGB_PRIMARIES_XY, rgb_to_xyz_matrix, white_to_white
from isp_env.colorimetry.white_point import mired_from_uv, uv_from_xyz

Xyz = Float[np.ndarray, "patches 3"]
SMALLEST_LIGHT = 1e-6  # of display white, where a logarithm is taken

D50_TO_D65, D65_TO_D50 = white_to_white(D50_XYZ, D65_XYZ), white_to_white(D65_XYZ, D50_XYZ)
SRGB_TO_D50 = D65_TO_D50 @ rgb_to_xyz_matrix(SRGB_PRIMARIES_XY)


@dataclass(frozen=True)
class ColourErrors:
    """Patches against their references, in CIELAB about D50, where display white is (100, 0, 0).

    `lab`: measured, at the exposure of the middle greys; `delta_e`: CIEDE2000 of it; `delta_e_as_is`: of the picture as it is
    exposed; `delta_c`: distance in a*, b*;
    `exposure_ev`: how much brighter than the reference the middle greys are; `tone_slope`: of log luminance over the
    reference's, there: 1 is linear;
    `grey_delta_c`: mean distance of the middle greys' a*, b* from the reference's; `warmer_mired`, `greener_duv`: their mean
    colour against the reference's, as a shift of the white point: positive is too warm, too green;
    `saturation`: mean chroma of the 18 colours over the reference's.
    """

    lab: Lab
    delta_e: Float[np.ndarray, " patches"]
    delta_e_as_is: Float[np.ndarray, " patches"]
    delta_c: Float[np.ndarray, " patches"]
    exposure_ev: float
    tone_slope: float
    grey_delta_c: float
    warmer_mired: float
    greener_duv: float
    saturation: float


def colour_errors(xyz: Xyz, reference: Lab) -> ColourErrors:
    """Return the errors of measured XYZ, relative to display white and adapted to D50."""
    target = xyz_from_lab(reference)
    exposure_ev, slope = _tone(xyz, target)
    normalised = xyz / 2**exposure_ev
    lab, as_is = lab_from_xyz(normalised), lab_from_xyz(xyz)
    delta_c = np.hypot(*(lab - reference)[:, 1:].T)
    mired, duv = _white_shift(normalised[MIDDLE_GREYS].mean(0), target[MIDDLE_GREYS].mean(0))
    colours = slice(0, GREYS.start)
    chroma = np.hypot(*lab[colours, 1:].T).mean() / np.hypot(*reference[colours, 1:].T).mean()
    return ColourErrors(
        lab,
        deltaE_ciede2000(lab, reference),
        deltaE_ciede2000(as_is, reference),
        delta_c,
        exposure_ev,
        slope,
        float(delta_c[MIDDLE_GREYS].mean()),
        mired,
        duv,
        float(chroma),
    )


def delta_e_of(xyz: Xyz, reference: Lab) -> Float[np.ndarray, " patches"]:
    """Return CIEDE2000 of measured XYZ at the exposure of the middle greys, as `colour_errors` has it."""
    exposure_ev, _ = _tone(xyz, xyz_from_lab(reference))
    return deltaE_ciede2000(lab_from_xyz(xyz / 2**exposure_ev), reference)


def _tone(xyz: Xyz, target: Xyz) -> tuple[float, float]:
    """Mean log2 of luminance over the reference's at the middle greys, and the slope of one over the other."""
    measured, wanted = (np.log2(np.maximum(each[MIDDLE_GREYS, 1], SMALLEST_LIGHT)) for each in (xyz, target))
    return float((measured - wanted).mean()), float(np.polyfit(wanted, measured, 1)[0])


def _white_shift(measured: np.ndarray, wanted: np.ndarray) -> tuple[float, float]:
    """Mired and Duv of a grey against its reference, both as they look under D65."""
    uv = uv_from_xyz(torch.from_numpy(np.stack([measured, wanted]) @ D50_TO_D65.T))
    mired, duv = mired_from_uv(uv)
    return float(mired[0] - mired[1]), float(duv[0] - duv[1])


def lab_from_xyz(xyz: Xyz) -> Lab:
    """Return CIELAB about D50 of XYZ with white at Y = 1 (CIE 15:2018, 8.2.1); what is negative goes on straight."""
    ratio = xyz / np.array(D50_XYZ)
    root = np.where(ratio > (6 / 29) ** 3, np.cbrt(ratio), ratio / (3 * (6 / 29) ** 2) + 4 / 29)
    x, y, z = root.T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], 1)


def xyz_from_lab(lab: Lab) -> Xyz:
    """Return XYZ with white at Y = 1 of CIELAB about D50."""
    lightness, a, b = np.asarray(lab, dtype=np.float64).T
    y = (lightness + 16) / 116
    root = np.stack([y + a / 500, y, y - b / 200], 1)
    ratio = np.where(root > 6 / 29, root**3, 3 * (6 / 29) ** 2 * (root - 4 / 29))
    return ratio * np.array(D50_XYZ)


def xyz_from_linear_srgb(linear_srgb: Float[np.ndarray, "patches 3"]) -> Xyz:
    """Return XYZ adapted to D50 of linear sRGB (Bradford, as ICC profiles do)."""
    return linear_srgb @ SRGB_TO_D50.T
