"""White points: correlated colour temperature (as mired) and Duv to chromaticity and back, differentiable.

The Planckian locus is integrated from Planck's law and the CIE 1931 observer instead of fitted, so that it
is exact at any temperature and smooth through infinite temperature (0 mired), which a warm shift of a shade
picture can cross.
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

SECOND_RADIATION_CONSTANT = 1.438776877e-2  # metre kelvin; CODATA 2018
_REFERENCE_WAVELENGTH = 560e-9  # metre; where the relative spectrum is 1
_NEAR_ZERO = 1e-2  # below this x the series of x / (e^x - 1) is more exact than the quotient

# CIE 1931 2 degree observer, 380 to 780 nm in steps of 10 nm. Source: CIE 018:2019, table 6.
# fmt: off
_CIE_1931_OBSERVER = torch.tensor(
    [
        [0.001368, 3.9e-05, 0.006450001],
        [0.004243, 0.00012, 0.02005001],
        [0.01431, 0.000396, 0.06785001],
        [0.04351, 0.00121, 0.2074],
        [0.13438, 0.004, 0.6456],
        [0.2839, 0.0116, 1.3856],
        [0.34828, 0.023, 1.74706],
        [0.3362, 0.038, 1.77211],
        [0.2908, 0.06, 1.6692],
        [0.19536, 0.09098, 1.28764],
        [0.09564, 0.13902, 0.8129501],
        [0.03201, 0.20802, 0.46518],
        [0.0049, 0.323, 0.272],
        [0.0093, 0.503, 0.1582],
        [0.06327, 0.71, 0.07824999],
        [0.1655, 0.862, 0.04216],
        [0.2904, 0.954, 0.0203],
        [0.4334499, 0.9949501, 0.008749999],
        [0.5945, 0.995, 0.0039],
        [0.7621, 0.952, 0.0021],
        [0.9163, 0.87, 0.001650001],
        [1.0263, 0.757, 0.0011],
        [1.0622, 0.631, 0.0008],
        [1.0026, 0.503, 0.00034],
        [0.8544499, 0.381, 0.00019],
        [0.6424, 0.265, 4.999999e-05],
        [0.4479, 0.175, 2e-05],
        [0.2835, 0.107, 0.0],
        [0.1649, 0.061, 0.0],
        [0.0874, 0.032, 0.0],
        [0.04677, 0.017, 0.0],
        [0.0227, 0.00821, 0.0],
        [0.01135916, 0.004102, 0.0],
        [0.005790346, 0.002091, 0.0],
        [0.002899327, 0.001047, 0.0],
        [0.001439971, 0.00052, 0.0],
        [0.0006900786, 0.0002492, 0.0],
        [0.0003323011, 0.00012, 0.0],
        [0.0001661505, 6e-05, 0.0],
        [8.307527e-05, 3e-05, 0.0],
        [4.150994e-05, 1.499e-05, 0.0],
    ],
    dtype=torch.float64,
)
# fmt: on
_WAVELENGTHS = torch.linspace(380e-9, 780e-9, 41, dtype=torch.float64)


def _locus_constants(dtype: torch.dtype) -> tuple[Tensor, Tensor, Tensor]:
    """For each wavelength: c2 / (wavelength x mired), (reference / wavelength)^4, and the weights of 4X, 6Y, X + 15Y + 3Z."""
    to_uvw = torch.tensor([[4.0, 0.0, 1.0], [0.0, 6.0, 15.0], [0.0, 0.0, 3.0]], dtype=dtype)
    x_per_mired = (SECOND_RADIATION_CONSTANT * 1e-6 / _WAVELENGTHS).to(dtype)
    return x_per_mired, (_REFERENCE_WAVELENGTH / _WAVELENGTHS).to(dtype) ** 4, _CIE_1931_OBSERVER.to(dtype) @ to_uvw


_LOCUS_CONSTANTS = {dtype: _locus_constants(dtype) for dtype in (torch.float32, torch.float64)}
"""Made once: a white point is searched in a hundred steps, for every raw."""

Uv = Float[Tensor, "*batch 2"]
"""CIE 1960 UCS chromaticity."""


def _bose(x: Tensor) -> Tensor:
    """x / (e^x - 1), finite and smooth through x = 0."""
    near = x.abs() < _NEAR_ZERO
    safe = torch.where(near, torch.ones_like(x), x)
    return torch.where(near, 1 - x / 2 + x * x / 12, safe / torch.expm1(safe))


def _bose_log_slope(x: Tensor) -> Tensor:
    """d ln(x / (e^x - 1)) / dx, finite and smooth through x = 0."""
    near = x.abs() < _NEAR_ZERO
    safe = torch.where(near, torch.ones_like(x), x)
    return torch.where(near, -0.5 - x / 12, (1 - _bose(-safe)) / safe)


def planckian_uv(mired: Float[Tensor, " *batch"]) -> tuple[Uv, Uv]:
    """Return the CIE 1960 uv of a black body and its derivative by mired.

    Negative mired continue the locus past infinite temperature. 6500 K (153.846 mired) is at uv (0.2004,
    0.3104).
    """
    x_per_mired, ratio_to_the_fourth, weights = (each.to(mired.device) for each in _LOCUS_CONSTANTS[mired.dtype])
    reference_per_mired = SECOND_RADIATION_CONSTANT * 1e-6 / _REFERENCE_WAVELENGTH
    x = mired[..., None] * x_per_mired
    reference = mired[..., None] * reference_per_mired
    spectrum = ratio_to_the_fourth * (_bose(x) / _bose(reference))
    log_slope = _bose_log_slope(x) * x_per_mired - _bose_log_slope(reference) * reference_per_mired
    sums = (spectrum[..., None] * weights).sum(-2)
    slopes = ((spectrum * log_slope)[..., None] * weights).sum(-2)
    uv = sums[..., :2] / sums[..., 2:]
    return uv, (slopes[..., :2] - uv * slopes[..., 2:]) / sums[..., 2:]


def uv_from_mired(mired: Float[Tensor, " *batch"], duv: Float[Tensor, " *batch"]) -> Uv:
    """Return the CIE 1960 uv at distance `duv` from the Planckian locus; positive is greener (above it)."""
    on_locus, slope = planckian_uv(mired)
    normal = torch.stack([-slope[..., 1], slope[..., 0]], -1) / slope.norm(dim=-1, keepdim=True)
    return on_locus + duv[..., None] * normal


def mired_from_uv(uv: Uv, steps: int = 32) -> tuple[Float[Tensor, " *batch"], Float[Tensor, " *batch"]]:
    """Return the reciprocal correlated colour temperature in mired and the Duv of a CIE 1960 uv.

    The nearest point of the locus is found from a coarse grid (-40 to 800 mired), then by `steps`
    Gauss-Newton steps.
    """
    grid = torch.arange(-40.0, 801.0, 10.0, dtype=uv.dtype, device=uv.device)
    distance = (planckian_uv(grid)[0] - uv.detach()[..., None, :]).square().sum(-1)
    mired = grid[distance.argmin(-1)]
    for _ in range(steps):
        mired = mired + mired_step(uv, mired)
    on_locus, slope = planckian_uv(mired)
    offset = uv - on_locus
    return mired, (offset[..., 1] * slope[..., 0] - offset[..., 0] * slope[..., 1]) / slope.norm(dim=-1)


def mired_step(uv: Uv, mired: Float[Tensor, " *batch"]) -> Float[Tensor, " *batch"]:
    """Return the Gauss-Newton step from `mired` towards the locus point nearest to `uv`."""
    on_locus, slope = planckian_uv(mired)
    return ((uv - on_locus) * slope).sum(-1) / slope.square().sum(-1)


def xyz_from_uv(uv: Uv) -> Float[Tensor, "*batch 3"]:
    """Return the CIE XYZ with Y = 1 of a CIE 1960 uv."""
    u, v = uv.unbind(-1)
    return torch.stack([1.5 * u / v, torch.ones_like(u), (4 - u - 10 * v) / (2 * v)], -1)


def uv_from_xyz(xyz: Float[Tensor, "*batch 3"]) -> Uv:
    """Return the CIE 1960 uv of CIE XYZ."""
    x, y, z = xyz.unbind(-1)
    return torch.stack([4 * x, 6 * y], -1) / (x + 15 * y + 3 * z)[..., None]


def xyz_of_spectrum(wavelengths_m: np.ndarray, power: np.ndarray) -> np.ndarray:
    """Return the CIE XYZ, Y = 1, of a light; between its samples its power is linear, beyond them constant.

    Summed in steps of 1 nm from 380 to 780 nm, the observer straight between its 10 nm.
    """
    steps = np.linspace(380e-9, 780e-9, 401)
    light = np.interp(steps, wavelengths_m, power)
    observer = _CIE_1931_OBSERVER.numpy().T
    xyz = np.array([(light * np.interp(steps, _WAVELENGTHS.numpy(), each)).sum() for each in observer])
    return xyz / xyz[1]


def repeated(step: Callable[[Tensor], Tensor], start: Tensor, times: int) -> Tensor:
    """Return what so many steps make of `start`, to the bit; once they come back to where they were, no more are taken.

    On the CPU, without a gradient. Steps that converge end in one value or go round among a few that differ in their last bits.
    """
    reached, places = [start], {start.numpy().tobytes(): 0}
    for taken in range(1, times + 1):
        reached.append(step(reached[-1]))
        before = places.setdefault(reached[-1].numpy().tobytes(), taken)
        if before < taken:
            return reached[before + (times - before) % (taken - before)]
    return reached[-1]
