"""Camera colour to linear Rec.2020: calibration, white balance, adaptation; batched and differentiable.

The maths is the DNG specification's (1.7.1, chapter 6 "Mapping Camera Color Space to CIE XYZ Space"):
matrices are interpolated in reciprocal colour temperature. White points are mired and Duv (`white_point.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.tensors import PerImage
from isp_env.colorimetry.calibration import CalibrationBatch, CameraCalibration, mix, xyz_to_camera
from isp_env.colorimetry.matrices import Matrices, Vectors, apply, inverse
from isp_env.colorimetry.rgb_spaces import (
    BRADFORD,
    D50_XYZ,
    D65_XY,
    D65_XYZ,
    REC2020_PRIMARIES_XY,
    REC2020_TO_SRGB,
    SRGB_PRIMARIES_XY,
    SRGB_TO_REC2020,
    XYZ_TO_REC2020,
    XYZ_TO_SRGB,
    rgb_to_xyz_matrix,
)
from isp_env.colorimetry.white_point import mired_from_uv, mired_step, repeated, uv_from_mired, uv_from_xyz, xyz_from_uv

__all__ = [
    "BRADFORD", "D50_XYZ", "D65_XY", "D65_XYZ", "REC2020_PRIMARIES_XY", "REC2020_TO_SRGB", "SRGB_PRIMARIES_XY",
    "SRGB_TO_REC2020", "XYZ_TO_REC2020", "XYZ_TO_SRGB", "CameraCalibration", "ColourBatch", "adaptation_matrix",
    "as_shot_white", "camera_neutral", "inverse", "neutral_of_xy", "rgb_to_xyz_matrix", "white_balance_matrix",
]  # fmt: skip

_SMALLEST_NEUTRAL = 1e-4  # a camera channel that answers less to white than this is no channel
_PASSES_AMONG_THREE = 30  # kMaxPasses of Adobe's DNG SDK
_AS_SHOT_STEPS = (
    64  # of the fixed point neutral -> white point -> matrix; converges by half or more each, half of them are taken
)


@dataclass(frozen=True)
class ColourBatch:
    """What maps a batch of camera RGB to Rec.2020; every tensor has the batch first."""

    wb_as_shot: Vectors
    white_mired: PerImage
    white_duv: PerImage
    cameras: CalibrationBatch

    @classmethod
    def stack(
        cls,
        calibrations: Sequence[CameraCalibration],
        wb_as_shot: Sequence[Sequence[float]],
        device: str | torch.device = "cpu",
    ) -> "ColourBatch":
        """Return the batch of several cameras; each as-shot white point is found from its gains."""
        gains = torch.tensor([list(map(float, gain)) for gain in wb_as_shot], dtype=torch.float64)
        cameras = CalibrationBatch.stack(calibrations)
        white_mired, white_duv = _remembered_whites(gains, cameras)
        batch = cls(gains, white_mired, white_duv, cameras)
        return batch._map(lambda tensor: tensor if tensor.dtype == torch.bool else tensor.float()).to(device)

    def to(self, device: str | torch.device) -> "ColourBatch":
        """Return the batch on another device."""
        return self._map(lambda tensor: tensor.to(device))

    def take(self, ids: Tensor) -> "ColourBatch":
        """Return the batch of the given items."""
        return self._map(lambda tensor: tensor.index_select(0, ids))

    def _map(self, change: Callable[[Tensor], Tensor]) -> "ColourBatch":
        gains, mired, duv = (change(each) for each in (self.wb_as_shot, self.white_mired, self.white_duv))
        return ColourBatch(gains, mired, duv, self.cameras.map(change))

    def __len__(self) -> int:
        return self.wb_as_shot.shape[0]


def white_balance_matrix(
    colour: ColourBatch, temperature_mired: PerImage, tint_duv: PerImage
) -> tuple[Vectors, Float[Tensor, "batch 3 3"]]:
    """Return white-balance gains (G = 1) and the matrix for `linear_rec2020 = matrix @ (gains * camera_rgb)`.

    The parameters act on the picture like a filter before the lens: positive `temperature_mired` makes it
    warmer (the scene is taken to be lit that much bluer than as shot), positive `tint_duv` makes it greener
    (light more magenta than as shot). A camera neutral 1 / gains maps to (1, 1, 1) at any shift; at (0, 0)
    the gains are `colour.wb_as_shot`, bit for bit.
    """
    mired = colour.white_mired - temperature_mired
    duv = colour.white_duv - tint_duv
    neutral = camera_neutral(colour, mired, duv)
    as_shot_neutral = camera_neutral(colour, colour.white_mired, colour.white_duv)
    gains = colour.wb_as_shot * (as_shot_neutral / neutral)

    cameras, weights = colour.cameras, colour.cameras.weights(mired, duv)
    camera_to_xyz = inverse(xyz_to_camera(cameras, weights))
    adapted = adaptation_matrix(_white_xyz(mired, duv), mired.new_tensor(D65_XYZ)) @ camera_to_xyz
    from_colour_matrix = adapted * neutral[..., None, :]
    d50_to_d65 = adaptation_matrix(mired.new_tensor(D50_XYZ), mired.new_tensor(D65_XYZ))
    from_forward_matrix = d50_to_d65 @ _forward_matrix(cameras, weights, neutral)
    to_xyz = torch.where(cameras.has_forward[:, None, None], from_forward_matrix, from_colour_matrix)
    matrix = torch.from_numpy(XYZ_TO_REC2020).to(mired) @ to_xyz
    # The rows add up to one but for rounding: the divisor is never near zero.
    return gains, matrix / matrix.sum(-1, keepdim=True)


def camera_neutral(colour: ColourBatch, mired: PerImage, duv: PerImage) -> Vectors:
    """Return the camera RGB (G = 1) of a perfect white under the given light."""
    to_camera = xyz_to_camera(colour.cameras, colour.cameras.weights(mired, duv))
    camera = apply(to_camera, _white_xyz(mired, duv)).clamp_min(_SMALLEST_NEUTRAL)
    return camera / camera[..., 1:2]


def as_shot_white(neutral: Vectors, cameras: CalibrationBatch) -> tuple[PerImage, PerImage]:
    """Return the mired and Duv of the light under which the camera answers `neutral` to white.

    The matrix depends on the light it is to find; DNG 1.7.1 chapter 6 iterates, and so does this (a fixed
    number of steps, on the CPU and without a gradient).
    """

    def light(mired: PerImage, duv: PerImage) -> Float[Tensor, "batch 2"]:
        camera_to_xyz = inverse(xyz_to_camera(cameras, cameras.weights(mired, duv)))
        return uv_from_xyz(apply(camera_to_xyz, neutral))

    def nearer(mired: PerImage) -> PerImage:
        return (mired + 0.7 * mired_step(light(mired, torch.zeros_like(mired)), mired)).clamp(0, 1000)

    mired = repeated(nearer, torch.full_like(neutral[..., 0], 1e6 / 5000), _AS_SHOT_STEPS - 1)
    found = mired_from_uv(light(mired, torch.zeros_like(mired)))
    if cameras.mired.shape[1] == 2:
        return found
    among_three = _white_among_three(light, neutral)
    return tuple(torch.where(cameras.has_third, *pair) for pair in zip(among_three, found, strict=True))  # type: ignore[return-value]


def _white_among_three(
    light: Callable[[PerImage, PerImage], Float[Tensor, "batch 2"]], neutral: Vectors
) -> tuple[PerImage, PerImage]:
    """The light of `as_shot_white` where three have weights: these change so fast that there can be several, or none.

    Adobe's is found by its own way: from D50, undamped, and after the last pass the mean of two.
    """
    last = uv = uv_from_xyz(neutral.new_tensor(D50_XYZ).expand_as(neutral))
    for _ in range(_PASSES_AMONG_THREE):
        last, uv = uv, light(*mired_from_uv(uv, 6))
    return mired_from_uv((last + uv) / 2)


def neutral_of_xy(calibration: CameraCalibration, white_xy: tuple[float, float]) -> np.ndarray:
    """Return the camera RGB (G = 1) of a white of this chromaticity, in float64: ColorMatrix(xy) XYZ(xy)."""
    x, y = white_xy
    xyz = torch.tensor([[x / y, 1.0, (1 - x - y) / y]], dtype=torch.float64)
    cameras = CalibrationBatch.stack([calibration])
    camera = apply(xyz_to_camera(cameras, cameras.weights(*mired_from_uv(uv_from_xyz(xyz)))), xyz)[0].numpy()
    return camera / camera[1]


def _forward_matrix(
    cameras: CalibrationBatch, weights: Float[Tensor, "batch lights"], neutral: Vectors
) -> Float[Tensor, "batch 3 3"]:
    """White-balanced camera RGB to XYZ D50: ForwardMatrix D inverse(individual), D making the camera model's white (1, 1, 1).

    Of an individual calibration that is diagonal nothing remains, and none is taken to be the model itself.
    """
    forward = mix(cameras.white_to_d50, weights)
    if cameras.individual is None:
        return forward
    to_model = inverse(mix(cameras.individual, weights)) * neutral[..., None, :]
    return (forward / to_model.sum(-1)[..., None, :]) @ to_model


_WHITES: dict[bytes, tuple[float, float]] = {}
_MOST_WHITES = 10_000


def _remembered_whites(gains: Vectors, cameras: CalibrationBatch) -> tuple[PerImage, PerImage]:
    """`as_shot_white` of each row, found once per process: it takes longer than a strip of samples, and a raw on its way to a
    proxy, a picture's exposure and a render is asked about several times. The bits are those of any batch."""
    known = (cameras.xyz_to_camera, cameras.mired, cameras.duv, cameras.has_third, cameras.individual)
    rows = torch.cat([gains, *(each.double().view(len(gains), -1) for each in known if each is not None)], 1)
    keys = [row.numpy().tobytes() for row in rows]
    new = [place for place, key in enumerate(keys) if key not in _WHITES]
    if new:
        if len(_WHITES) + len(new) > _MOST_WHITES:
            _WHITES.clear()
            new = list(range(len(keys)))
        found = as_shot_white(1 / gains[new], cameras.map(lambda tensor: tensor[new]))
        _WHITES.update(
            zip((keys[place] for place in new), zip(*(each.tolist() for each in found), strict=True), strict=True)
        )
    table = torch.tensor([_WHITES[key] for key in keys], dtype=torch.float64)
    return table[:, 0], table[:, 1]


def adaptation_matrix(from_xyz: Vectors, to_xyz: Float[Tensor, "3"]) -> Matrices:
    """Return the linear Bradford adaptation between two whites in CIE XYZ (ICC.1:2022, annex E)."""
    bradford = torch.tensor(BRADFORD, dtype=from_xyz.dtype, device=from_xyz.device)
    ratio = apply(bradford, to_xyz) / apply(bradford, from_xyz)
    return inverse(bradford) @ (ratio[..., :, None] * bradford)


def _white_xyz(mired: PerImage, duv: PerImage) -> Vectors:
    return xyz_from_uv(uv_from_mired(mired, duv))
