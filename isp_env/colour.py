"""Camera colour to linear Rec.2020: calibration, white balance, adaptation; batched and differentiable.

The maths is the DNG specification's (1.7.1, chapter 6 "Mapping Camera Color Space to CIE XYZ Space"):
matrices are interpolated in reciprocal colour temperature. White points are mired and Duv (`white_point.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attiqa_core.tensors import PerImage
from isp_env.white_point import mired_from_uv, mired_step, uv_from_mired, uv_from_xyz, xyz_from_uv

Matrices = Float[Tensor, "*batch 3 3"]
Vectors = Float[Tensor, "*batch 3"]

D50_XYZ = (0.9642957, 1.0, 0.8251046)  # ICC.1:2022, 7.2.16: the profile connection space's white
D65_XY = (0.3127, 0.3290)  # ITU-R BT.2020-2, table 3
REC2020_PRIMARIES_XY = ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046))  # ITU-R BT.2020-2, table 3
SRGB_PRIMARIES_XY = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))  # IEC 61966-2-1
BRADFORD = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))  # Lam 1985

_SMALLEST_NEUTRAL = 1e-4  # a camera channel that answers less to white than this is no channel
_AS_SHOT_STEPS = 64  # of the fixed point neutral -> white point -> matrix; converges by half or more each


def rgb_to_xyz_matrix(primaries_xy: Sequence[Sequence[float]], white_xy: Sequence[float] = D65_XY) -> np.ndarray:
    """Return the matrix from linear RGB of these primaries to CIE XYZ, Y = 1 at white (SMPTE RP 177)."""
    primaries = np.array([[x / y, 1.0, (1 - x - y) / y] for x, y in primaries_xy]).T
    x, y = white_xy
    return primaries * np.linalg.solve(primaries, np.array([x / y, 1.0, (1 - x - y) / y]))


D65_XYZ = tuple(rgb_to_xyz_matrix(SRGB_PRIMARIES_XY).sum(1).tolist())
XYZ_TO_REC2020 = np.linalg.inv(rgb_to_xyz_matrix(REC2020_PRIMARIES_XY))
REC2020_TO_SRGB = np.linalg.inv(rgb_to_xyz_matrix(SRGB_PRIMARIES_XY)) @ rgb_to_xyz_matrix(REC2020_PRIMARIES_XY)
SRGB_TO_REC2020 = np.linalg.inv(REC2020_TO_SRGB)
XYZ_TO_SRGB = np.linalg.inv(rgb_to_xyz_matrix(SRGB_PRIMARIES_XY))


@dataclass(frozen=True)
class CameraCalibration:
    """A camera's colour as its maker or Adobe measured it, under one or two illuminants.

    `xyz_to_camera`: CIE XYZ to camera RGB (DNG ColorMatrix, AnalogBalance and CameraCalibration folded in),
    one per illuminant;
    `illuminant_kelvin`: their correlated colour temperatures;
    `white_to_d50`: white-balanced camera RGB to XYZ D50 (DNG ForwardMatrix), one per illuminant, or empty.
    """

    xyz_to_camera: tuple[np.ndarray, ...]
    illuminant_kelvin: tuple[float, ...]
    white_to_d50: tuple[np.ndarray, ...] = ()

    @classmethod
    def from_linear_srgb(cls) -> "CameraCalibration":
        """Return a camera whose primaries are sRGB's: for raws without any colour data."""
        return cls((XYZ_TO_SRGB,), (6504.0,))


@dataclass(frozen=True)
class ColourBatch:
    """What maps a batch of camera RGB to Rec.2020; every tensor has the batch first.

    `calibration_mired` holds the two illuminants' reciprocal temperatures; with one illuminant both matrices
    are the same.
    """

    wb_as_shot: Vectors
    white_mired: PerImage
    white_duv: PerImage
    xyz_to_camera: Float[Tensor, "batch 2 3 3"]
    calibration_mired: Float[Tensor, "batch 2"]
    white_to_d50: Float[Tensor, "batch 2 3 3"]
    has_forward: Bool[Tensor, " batch"]

    @classmethod
    def stack(
        cls,
        calibrations: Sequence[CameraCalibration],
        wb_as_shot: Sequence[Sequence[float]],
        device: str | torch.device = "cpu",
    ) -> "ColourBatch":
        """Return the batch of several cameras; each as-shot white point is found from its gains."""
        gains = torch.tensor([list(map(float, gain)) for gain in wb_as_shot], dtype=torch.float64)
        matrices = torch.from_numpy(np.stack([_twice(c.xyz_to_camera) for c in calibrations])).double()
        mired = torch.tensor([_two_mired(c.illuminant_kelvin) for c in calibrations], dtype=torch.float64)
        forward = np.stack(
            [_twice(tuple(map(_normalise_forward, c.white_to_d50)) or (np.eye(3),)) for c in calibrations]
        )
        white_mired, white_duv = _remembered_whites(gains, matrices, mired)
        has_forward = torch.tensor([bool(c.white_to_d50) for c in calibrations])
        batch = cls(gains, white_mired, white_duv, matrices, mired, torch.from_numpy(forward), has_forward)
        return batch._map(lambda tensor: tensor if tensor.dtype == torch.bool else tensor.float()).to(device)

    def to(self, device: str | torch.device) -> "ColourBatch":
        """Return the batch on another device."""
        return self._map(lambda tensor: tensor.to(device))

    def take(self, ids: Tensor) -> "ColourBatch":
        """Return the batch of the given items."""
        return self._map(lambda tensor: tensor.index_select(0, ids))

    def _map(self, change: Callable[[Tensor], Tensor]) -> "ColourBatch":
        return ColourBatch(*(change(getattr(self, field.name)) for field in fields(self)))

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

    weight = _first_weight(mired, colour.calibration_mired)
    camera_to_xyz = inverse(_mix(colour.xyz_to_camera, weight))
    adapted = adaptation_matrix(_white_xyz(mired, duv), mired.new_tensor(D65_XYZ)) @ camera_to_xyz
    from_colour_matrix = adapted * neutral[..., None, :]
    d50_to_d65 = adaptation_matrix(mired.new_tensor(D50_XYZ), mired.new_tensor(D65_XYZ))
    from_forward_matrix = d50_to_d65 @ _mix(colour.white_to_d50, weight)
    to_xyz = torch.where(colour.has_forward[:, None, None], from_forward_matrix, from_colour_matrix)
    matrix = torch.from_numpy(XYZ_TO_REC2020).to(mired) @ to_xyz
    # The rows add up to one but for rounding: the divisor is never near zero.
    return gains, matrix / matrix.sum(-1, keepdim=True)


def camera_neutral(colour: ColourBatch, mired: PerImage, duv: PerImage) -> Vectors:
    """Return the camera RGB (G = 1) of a perfect white under the given light."""
    xyz_to_camera = _mix(colour.xyz_to_camera, _first_weight(mired, colour.calibration_mired))
    camera = _apply(xyz_to_camera, _white_xyz(mired, duv)).clamp_min(_SMALLEST_NEUTRAL)
    return camera / camera[..., 1:2]


def as_shot_white(
    neutral: Vectors, xyz_to_camera: Float[Tensor, "batch 2 3 3"], calibration_mired: Float[Tensor, "batch 2"]
) -> tuple[PerImage, PerImage]:
    """Return the mired and Duv of the light under which the camera answers `neutral` to white.

    The matrix depends on the light it is to find; DNG 1.7.1 chapter 6 iterates, and so does this (a fixed
    number of steps).
    """
    mired = torch.full_like(neutral[..., 0], 1e6 / 5000)
    for _ in range(_AS_SHOT_STEPS):
        camera_to_xyz = inverse(_mix(xyz_to_camera, _first_weight(mired, calibration_mired)))
        uv = uv_from_xyz(_apply(camera_to_xyz, neutral))
        mired = (mired + 0.7 * mired_step(uv, mired)).clamp(0, 1000)
    return mired_from_uv(uv)


_WHITES: dict[bytes, tuple[float, float]] = {}
_MOST_WHITES = 10_000


def _remembered_whites(
    gains: Vectors, matrices: Float[Tensor, "batch 2 3 3"], mired: Float[Tensor, "batch 2"]
) -> tuple[PerImage, PerImage]:
    """`as_shot_white` of each row, found once per process: it takes longer than a strip of samples, and a raw on its way to a
    proxy, a picture's exposure and a render is asked about several times. The bits are those of any batch."""
    rows = torch.cat([gains, matrices.flatten(1), mired], 1)
    keys = [row.numpy().tobytes() for row in rows]
    new = [place for place, key in enumerate(keys) if key not in _WHITES]
    if new:
        if len(_WHITES) + len(new) > _MOST_WHITES:
            _WHITES.clear()
            new = list(range(len(keys)))
        found = as_shot_white(1 / gains[new], matrices[new], mired[new])
        _WHITES.update(
            zip((keys[place] for place in new), zip(*(each.tolist() for each in found), strict=True), strict=True)
        )
    table = torch.tensor([_WHITES[key] for key in keys], dtype=torch.float64)
    return table[:, 0], table[:, 1]


def adaptation_matrix(from_xyz: Vectors, to_xyz: Vectors) -> Matrices:
    """Return the linear Bradford adaptation between two whites in CIE XYZ (ICC.1:2022, annex E)."""
    bradford = torch.tensor(BRADFORD, dtype=from_xyz.dtype, device=from_xyz.device)
    ratio = _apply(bradford, to_xyz) / _apply(bradford, from_xyz)
    return inverse(bradford) @ (ratio[..., :, None] * bradford)


def inverse(matrix: Matrices) -> Matrices:
    """Return 3x3 inverses by cofactors: `torch.linalg.inv` would wait for the GPU to test for singularity."""
    first, second, third = matrix.unbind(-2)
    cofactors = torch.stack(
        [
            torch.linalg.cross(second, third),
            torch.linalg.cross(third, first),
            torch.linalg.cross(first, second),
        ],
        -1,
    )
    return cofactors / (first * cofactors[..., :, 0]).sum(-1)[..., None, None]


def _apply(matrix: Matrices, vector: Vectors) -> Vectors:
    """matrix @ vector as sums: the same bits at any batch size, which matmul does not promise."""
    return (matrix * vector[..., None, :]).sum(-1)


def _mix(pair: Float[Tensor, "batch 2 3 3"], first_weight: PerImage) -> Float[Tensor, "batch 3 3"]:
    weight = first_weight[:, None, None]
    return weight * pair[:, 0] + (1 - weight) * pair[:, 1]


def _first_weight(mired: PerImage, calibration_mired: Float[Tensor, "batch 2"]) -> PerImage:
    """The share of the first illuminant's matrix: linear in 1/CCT between the two, constant outside."""
    first, second = calibration_mired.unbind(-1)
    return ((mired - second) / (first - second)).clamp(0, 1)


def _white_xyz(mired: PerImage, duv: PerImage) -> Vectors:
    return xyz_from_uv(uv_from_mired(mired, duv))


def _twice(matrices: tuple[np.ndarray, ...]) -> np.ndarray:
    """One or two matrices as a pair."""
    return np.stack([matrices[0], matrices[-1]])


def _two_mired(illuminant_kelvin: tuple[float, ...]) -> tuple[float, float]:
    """Two different mired; of a single illuminant the second only keeps the interpolation defined."""
    first, second = 1e6 / illuminant_kelvin[0], 1e6 / illuminant_kelvin[-1]
    return first, second if abs(first - second) > 1 else first - 1


def _normalise_forward(matrix: np.ndarray) -> np.ndarray:
    """Scale a ForwardMatrix so that white-balanced white is exactly D50, as Adobe's DNG SDK does."""
    return np.diag(np.array(D50_XYZ) / matrix.sum(1)) @ matrix
