"""A camera's colour as it was measured under one, two or three lights, and what becomes of it under any other.

Source: DNG Specification 1.7.1.0, chapter 6 "Mapping Camera Color Space to CIE XYZ Space"; its weights of three lights are
those of Adobe's DNG SDK 1.7 (dng_xy_coord.cpp), which the specification points to.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from attiqa_core.tensors import PerImage
from isp_env.colorimetry.matrices import Matrices, apply
from isp_env.colorimetry.rgb_spaces import D50_XYZ, D65_KELVIN, XYZ_TO_SRGB

# The plane in which lights are near or far: 1500 K / T, and tint / 200, tint being 3000 Duv.
_PER_MIRED, _PER_DUV = 1500e-6, 15.0
_NEAREST = 1e-8  # squared distance in it: a light that is met exactly has a finite weight
_LEAST_WEIGHT = 0.02  # smaller weights are none


@dataclass(frozen=True)
class CameraCalibration:
    """A camera's colour as its maker or Adobe measured it, under up to three illuminants; one entry for each.

    `xyz_to_camera`: CIE XYZ to the camera model's RGB (DNG ColorMatrix);
    `illuminant_kelvin`: their correlated colour temperatures;
    `white_to_d50`: white-balanced camera RGB to XYZ D50 (DNG ForwardMatrix), or empty;
    `individual`: the model's RGB to this very camera's (DNG AnalogBalance times CameraCalibration), empty where that is the same;
    `illuminant_duv`: how far each light lies from the Planckian locus; empty where all lie on it.
    """

    xyz_to_camera: tuple[np.ndarray, ...]
    illuminant_kelvin: tuple[float, ...]
    white_to_d50: tuple[np.ndarray, ...] = ()
    individual: tuple[np.ndarray, ...] = ()
    illuminant_duv: tuple[float, ...] = ()

    @classmethod
    def from_linear_srgb(cls) -> "CameraCalibration":
        """Return a camera whose primaries are sRGB's: for raws without any colour data."""
        return cls((XYZ_TO_SRGB,), (D65_KELVIN,))


@dataclass(frozen=True)
class CalibrationBatch:
    """Calibrations of a batch of cameras as tensors; fields as `CameraCalibration`'s, lights second.

    There are two lights, of which a camera measured under one has it twice, or three where any camera was measured under
    three: `has_third` then tells which. `individual` is None where no camera differs from its model.
    """

    xyz_to_camera: Float[Tensor, "batch lights 3 3"]
    mired: Float[Tensor, "batch lights"]
    duv: Float[Tensor, "batch lights"]
    has_third: Bool[Tensor, " batch"]
    white_to_d50: Float[Tensor, "batch lights 3 3"]
    has_forward: Bool[Tensor, " batch"]
    individual: Float[Tensor, "batch lights 3 3"] | None

    @classmethod
    def stack(cls, calibrations: Sequence[CameraCalibration]) -> "CalibrationBatch":
        """Return the batch in float64 on the CPU."""
        lights = max(2, *(len(each.xyz_to_camera) for each in calibrations))
        identity = (np.eye(3),)

        def matrices(of: Callable[[CameraCalibration], tuple[np.ndarray, ...]]) -> Tensor:
            return torch.from_numpy(
                np.stack([np.stack(_filled(of(each) or identity, lights)) for each in calibrations])
            )

        differs = any(each.individual for each in calibrations)
        return cls(
            xyz_to_camera=matrices(lambda each: each.xyz_to_camera).double(),
            mired=torch.tensor([_mired(each.illuminant_kelvin, lights) for each in calibrations], dtype=torch.float64),
            duv=torch.tensor([_filled(each.illuminant_duv or (0.0,), lights) for each in calibrations]).double(),
            has_third=torch.tensor([len(each.xyz_to_camera) == 3 for each in calibrations]),
            white_to_d50=matrices(lambda each: tuple(map(_normalise_forward, each.white_to_d50))),
            has_forward=torch.tensor([bool(each.white_to_d50) for each in calibrations]),
            individual=matrices(lambda each: each.individual) if differs else None,
        )

    def map(self, change: Callable[[Tensor], Tensor]) -> "CalibrationBatch":
        """Return the batch with every tensor changed: taken from, or moved to a device."""
        values = (getattr(self, field.name) for field in fields(self))
        return CalibrationBatch(*(value if value is None else change(value) for value in values))  # type: ignore[arg-type]

    def weights(self, mired: PerImage, duv: PerImage) -> Float[Tensor, "batch lights"]:
        """Return each light's share in the matrices under a light of this mired and Duv; they add up to 1.

        Of two it is linear in 1/CCT between them and constant outside; of three it falls with the squared distance.
        """
        first, second = self.mired[:, 0], self.mired[:, 1]
        share = ((mired - second) / (first - second)).clamp(0, 1)
        two = torch.stack([share, 1 - share], -1)
        if self.mired.shape[1] == 2:
            return two
        three = _weights_of_three(mired[:, None], duv[:, None], self.mired, self.duv)
        padded = torch.cat([two, torch.zeros_like(share)[:, None]], -1)
        return torch.where(self.has_third[:, None], three, padded)


def _weights_of_three(
    mired: Tensor, duv: Tensor, lights_mired: Float[Tensor, "batch 3"], lights_duv: Float[Tensor, "batch 3"]
) -> Float[Tensor, "batch 3"]:
    across = _PER_MIRED * (mired.clamp_max(1 / _PER_MIRED) - lights_mired.clamp_max(1 / _PER_MIRED))
    distance = across.square() + (_PER_DUV * (duv - lights_duv)).square()
    near = 1 / (distance + _NEAREST)
    share = near / near.sum(-1, keepdim=True)
    smooth = share.square() * (3 - 2 * share)
    large = ((smooth - _LEAST_WEIGHT) / (1 - _LEAST_WEIGHT)).clamp(0, 1)
    return large / large.sum(-1, keepdim=True)


def mix(matrices: Float[Tensor, "batch lights 3 3"], weights: Float[Tensor, "batch lights"]) -> Matrices:
    """Return the weighted mean of each camera's matrices."""
    first, *others = (weights[:, light, None, None] * matrices[:, light] for light in range(weights.shape[1]))
    return sum(others, first)


def xyz_to_camera(cameras: CalibrationBatch, weights: Float[Tensor, "batch lights"]) -> Matrices:
    """Return CIE XYZ to camera RGB: ColorMatrix and individual calibration are interpolated apart, then multiplied."""
    model = mix(cameras.xyz_to_camera, weights)
    return model if cameras.individual is None else _product(mix(cameras.individual, weights), model)


def _product(one: Matrices, other: Matrices) -> Matrices:
    """one @ other as sums: the same bits at any batch size, which matmul does not promise."""
    return torch.stack([apply(one, column) for column in other.unbind(-1)], -1)


def _filled(entries: tuple, lights: int) -> tuple:
    """The entries and the last of them again, up to as many lights."""
    return (*entries, *(entries[-1],) * (lights - len(entries)))


def _mired(illuminant_kelvin: tuple[float, ...], lights: int) -> tuple[float, ...]:
    """The mired of the lights, the first two different; of a single illuminant the second only keeps the interpolation defined."""
    first, second, *others = (1e6 / kelvin for kelvin in _filled(illuminant_kelvin, lights))
    return first, second if abs(first - second) > 1 else first - 1, *others


def _normalise_forward(matrix: np.ndarray) -> np.ndarray:
    """Scale a ForwardMatrix so that white-balanced white is exactly D50, as Adobe's DNG SDK does."""
    return np.diag(np.array(D50_XYZ) / matrix.sum(1)) @ matrix
