"""The camera's colour by its matrix, and a matrix of one's own fitted to the chart."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float

from attiqa_core.errors import one_line
from experiments.chart.colour_errors import D65_TO_D50, Xyz, delta_e_of, xyz_from_lab
from experiments.chart.reference import MIDDLE_GREYS, Lab
from isp_env.colorimetry.colour import CameraCalibration, ColourBatch, white_balance_matrix
from isp_env.colorimetry.rgb_spaces import D50_XYZ, XYZ_TO_REC2020, white_to_white
from isp_env.colorimetry.white_point import uv_from_mired, xyz_from_uv
from isp_env.raw import RawFrame

Matrix = Float[np.ndarray, "3 3"]
CameraRgb = Float[np.ndarray, "patches 3"]


@dataclass(frozen=True)
class FittedMatrix:
    """A colour matrix of the chart's light.

    `xyz_to_camera`: CIE XYZ of the scene to camera RGB, as DNG's ColorMatrix; white answers with 1 in its largest channel;
    `illuminant_kelvin`: of the light it holds for; `neutral`: camera RGB of white (G = 1) at the greys;
    `delta_e`: CIEDE2000 of the patches it was fitted to; `left_out`: of each patch by a fit without it.
    """

    xyz_to_camera: Matrix
    illuminant_kelvin: float
    neutral: Float[np.ndarray, " 3"]
    delta_e: Float[np.ndarray, " patches"]
    left_out: Float[np.ndarray, " patches"]


def camera_xyz(frame: RawFrame, camera_rgb: CameraRgb, temperature_mired: float = 0.0, tint_duv: float = 0.0) -> Xyz:
    """Return XYZ adapted to D50 by the frame's white balance and matrix, clipping at Y = 1: the linear look before any clip."""
    colour = ColourBatch.stack([frame.calibration], [frame.wb_as_shot])
    mired, duv = torch.tensor([temperature_mired]), torch.tensor([tint_duv])
    gains, to_rec2020 = (each[0].double().numpy() for each in white_balance_matrix(colour, mired, duv))
    rec2020 = (camera_rgb * gains) @ to_rec2020.T
    return rec2020 @ np.linalg.inv(XYZ_TO_REC2020).T @ D65_TO_D50.T


def fit_matrix(frame: RawFrame, camera_rgb: CameraRgb, reference: Lab, kelvin: float | None = None) -> FittedMatrix:
    """Return the 3 x 3 matrix that takes the patches to their references, in least squares of linear light, white kept.

    Without `kelvin` the light is what the file's own matrix makes of its white balance. White is the middle greys', whatever
    the file's white balance is.
    """
    target = xyz_from_lab(reference)
    neutral = _neutral(camera_rgb, target)
    balanced = camera_rgb / neutral
    whole = _to_d50(balanced, target)
    white = _white(frame, kelvin)
    left_out = [
        delta_e_of(balanced @ _to_d50(*(np.delete(each, patch, 0) for each in (balanced, target))).T, reference)[patch]
        for patch in range(len(target))
    ]
    xyz_to_camera = np.linalg.inv(white_to_white(D50_XYZ, white) @ whole / neutral)
    return FittedMatrix(
        xyz_to_camera / (xyz_to_camera @ white).max(),
        kelvin or 1e6 / float(_as_shot(frame).white_mired),
        neutral,
        delta_e_of(balanced @ whole.T, reference),
        np.array(left_out),
    )


def with_matrix(frame: RawFrame, fitted: FittedMatrix) -> RawFrame:
    """Return the frame with the fitted matrix and the greys' white balance in place of its own."""
    calibration = CameraCalibration((fitted.xyz_to_camera,), (fitted.illuminant_kelvin,))
    red, green, blue = (1 / fitted.neutral).tolist()
    return replace(frame, calibration=calibration, wb_as_shot=(red / green, 1.0, blue / green))


def as_toml(fitted: FittedMatrix, name: str) -> str:
    """Return the matrix as a sidecar of a lab's own colour."""
    numbers = ",\n".join("  " + ", ".join(f"{value:.6f}" for value in row) for row in fitted.xyz_to_camera)
    return (
        f"# Fitted to the ColorChecker in {one_line(name)}: mean CIEDE2000 {fitted.delta_e.mean():.2f},\n"
        f"# {fitted.left_out.mean():.2f} of patches that a fit was not shown.\n"
        f"[calibration]\nxyz_to_camera = [\n{numbers},\n]\nilluminant_kelvin = {fitted.illuminant_kelvin:.0f}\n"
    )


def _to_d50(balanced: CameraRgb, target: Xyz) -> Matrix:
    """White-balanced camera RGB to XYZ at D50 by least squares; (1, 1, 1) goes to D50 exactly, the exposure is free.

    Columns u, v and s D50 - u - v: seven unknowns, in all of which the patches' XYZ are linear.
    """
    red, green, blue = balanced.T[:, :, None, None] * np.eye(3)
    design = np.concatenate([red - blue, green - blue, blue @ np.array(D50_XYZ)[:, None]], 2)
    found = np.linalg.lstsq(design.reshape(-1, 7), target.reshape(-1), rcond=None)[0]
    u, v, scale = found[:3], found[3:6], found[6]
    return np.column_stack([u, v, scale * np.array(D50_XYZ) - u - v]) / scale


def _neutral(camera_rgb: CameraRgb, target: Xyz) -> np.ndarray:
    """Camera RGB of white, G = 1: what the middle greys answer, over what greys of their slight tint would.

    A first matrix without any condition says what that is.
    """
    to_camera = np.linalg.lstsq(target, camera_rgb, rcond=None)[0].T
    answered, expected = camera_rgb[MIDDLE_GREYS], target[MIDDLE_GREYS] @ to_camera.T
    white = to_camera @ np.array(D50_XYZ) * (answered * expected).sum(0) / (expected**2).sum(0)
    return white / white[1]


def _white(frame: RawFrame, kelvin: float | None) -> np.ndarray:
    """XYZ of the light that is white, Y = 1."""
    colour = _as_shot(frame)
    mired, duv = (
        (colour.white_mired, colour.white_duv) if kelvin is None else (torch.tensor([1e6 / kelvin]), torch.zeros(1))
    )
    return xyz_from_uv(uv_from_mired(mired.double(), duv.double()))[0].numpy()


def _as_shot(frame: RawFrame) -> ColourBatch:
    return ColourBatch.stack([frame.calibration], [frame.wb_as_shot])
