"""The parameter table of the ISP and `IspParams`, one row of physical values per image."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.tensors import PerImage


@dataclass(frozen=True)
class Parameter:
    """One control of the ISP: its physical range, where it changes nothing, and the module of `stages` that reads it.

    `usual_spread`: how far a good picture usually departs from the camera default, in units of the action; the reward's
    prior measures distance by it. Tight where the scorer is blind (tint, hue) or easily pleased (contrast, clarity,
    sharpening). Our choice, made on training raws (LOG.md).
    """

    name: str
    unit: str
    low: float
    high: float
    identity: float
    scale: Literal["linear", "log"]
    stage: str
    usual_spread: float
    doc: str


PARAMETERS: tuple[Parameter, ...] = (
    Parameter("exposure_ev", "EV", -1, 1, 0, "linear", "camera", 0.7, "scene gain"),
    Parameter("temperature_mired", "mired", -30, 45, 0, "linear", "camera", 0.6, "warmer than as shot"),
    Parameter("tint_duv", "Duv", -0.01, 0.01, 0, "linear", "camera", 0.4, "greener than as shot"),
    Parameter("contrast", "log2", -0.6, 0.6, 0, "linear", "tone_map", 0.5, "exponent 2^c about mid grey"),
    Parameter("highlights_ev", "EV", -1.5, 1.5, 0, "linear", "tone", 0.5, "gain 2.5 stops above mid grey"),
    Parameter("shadows_ev", "EV", -2, 2, 0, "linear", "tone", 0.4, "gain four stops below mid grey"),
    Parameter("whites_ev", "EV", -1.8, 1.8, 0, "linear", "tone", 0.3, "moves the white end point; mid grey stays"),
    Parameter("blacks", "of white", -0.03, 0.03, 0, "linear", "camera", 0.3, "moves the black end point"),
    Parameter("saturation", "", -1, 1, 0, "linear", "chroma", 0.3, "chroma gain 1 + s; -1 is grey"),
    Parameter("vibrance", "", -1, 1, 0, "linear", "chroma", 0.5, "chroma gain of the pale colours"),
    Parameter("hue_deg", "degree", -30, 30, 0, "linear", "chroma", 0.1, "rotation of chroma, red towards yellow"),
    Parameter("clarity", "log2", -1.5, 1.5, 0, "linear", "clarity", 0.2, "gain of local detail"),
    Parameter(
        "sharpen", "", -1, 1, 0, "linear", "sharpen", 0.5, "amount of the luma unsharp mask: none, the camera's, 2.5"
    ),
    Parameter("sharpen_radius_px", "px", 0.5, 1.5, 1, "log", "sharpen", 0.8, "its sigma at full resolution"),
    Parameter("denoise_luma", "", -1, 1, 0, "linear", "denoise", 0.6, "noise taken from luma: none, the camera's, all"),
    Parameter("denoise_chroma", "", -1, 1, 0, "linear", "denoise", 0.8, "noise taken from chroma, likewise"),
)
"""Order of the columns of `IspParams.values` and of an action."""

NAMES = tuple(parameter.name for parameter in PARAMETERS)


@dataclass(frozen=True, eq=False)
class IspParams:
    """Physical parameter values, (N, P) in the order of `PARAMETERS`; `params["exposure_ev"]` is one column."""

    values: Float[Tensor, "batch parameters"]

    @classmethod
    def default(cls, n: int, device: str | torch.device = "cpu") -> "IspParams":
        """Return `n` rows of identity: the camera-default look."""
        identity = torch.tensor([parameter.identity for parameter in PARAMETERS], device=device)
        return cls(identity.float().repeat(n, 1))

    @classmethod
    def from_dict(
        cls, recipe: Mapping[str, float] | Sequence[Mapping[str, float]], device: str | torch.device = "cpu"
    ) -> "IspParams":
        """Return one row per recipe; parameters that a recipe does not name are at identity.

        Raises: InputError if a name is unknown or a value is not a number inside its range.
        """
        recipes = [recipe] if isinstance(recipe, Mapping) else list(recipe)
        return cls(torch.tensor([_row(item) for item in recipes], device=device).reshape(-1, len(PARAMETERS)))

    def to_dicts(self) -> list[dict[str, float]]:
        """Return one recipe per row, for JSON."""
        return [dict(zip(NAMES, row, strict=True)) for row in self.values.detach().cpu().tolist()]

    @classmethod
    def from_action(cls, action: Float[Tensor, "batch parameters"]) -> "IspParams":
        """Return the values of actions in [-1, 1]: -1 is low, 1 is high, `identity_action()` is identity.

        Piecewise linear (in the logarithm where `scale` is "log") with 0 at identity where identity lies inside the range,
        linear from low to high where it is the low end. Differentiable; the slope at 0 is that of the upper half.
        """
        low, middle, high = (_constant(end, action) for end in _ENDS)
        scaled = middle + torch.where(action >= 0, action * (high - middle), action * (middle - low))
        return cls(torch.where(_constant(_IS_LOG, action) > 0, scaled.exp(), scaled))

    def to_action(self) -> Float[Tensor, "batch parameters"]:
        """Return the action that gives these values: the inverse of `from_action`."""
        low, middle, high = (_constant(end, self.values) for end in _ENDS)
        is_log = _constant(_IS_LOG, self.values) > 0
        scaled = torch.where(is_log, torch.where(is_log, self.values, 1.0).log(), self.values)
        offset = scaled - middle
        return torch.where(offset >= 0, offset / (high - middle), offset / (middle - low))

    @classmethod
    def identity_action(cls) -> Float[Tensor, " parameters"]:
        """Return the action that changes nothing: 0, or -1 where identity is the low end of the range."""
        return cls.default(1).to_action()[0]

    def to(self, device: str | torch.device) -> "IspParams":
        """Return the parameters on another device."""
        return IspParams(self.values.to(device))

    def take(self, ids: Tensor) -> "IspParams":
        """Return the given rows."""
        return IspParams(self.values.index_select(0, ids))

    def __getitem__(self, name: str) -> PerImage:
        return self.values[:, NAMES.index(name)]

    def __len__(self) -> int:
        return self.values.shape[0]


def _row(recipe: Mapping[str, float]) -> list[float]:
    for name in recipe:
        if name not in NAMES:
            raise InputError(f"parameter {name!r} does not exist; known are {', '.join(NAMES)}")
    return [_checked(parameter, recipe.get(parameter.name, parameter.identity)) for parameter in PARAMETERS]


def _checked(parameter: Parameter, value: float) -> float:
    slack = 1e-6 * (parameter.high - parameter.low)  # a recipe written from float32 may be a rounding error outside
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise InputError(f"parameter {parameter.name}: {value!r} is not a number")
    if not parameter.low - slack <= value <= parameter.high + slack:
        raise InputError(
            f"parameter {parameter.name}: {value:g} is outside {parameter.low:g} .. {parameter.high:g} {parameter.unit}"
        )
    return min(max(float(value), parameter.low), parameter.high)


def _ends(parameter: Parameter) -> tuple[float, float, float]:
    """Low, the value at action 0, and high, on the parameter's scale."""
    low, identity, high = (
        math.log(value) if parameter.scale == "log" else float(value)
        for value in (parameter.low, parameter.identity, parameter.high)
    )
    return low, (low + high) / 2 if identity in (low, high) else identity, high


_ENDS = tuple(zip(*map(_ends, PARAMETERS), strict=True))
_IS_LOG = tuple(float(parameter.scale == "log") for parameter in PARAMETERS)


def _constant(row: Sequence[float], like: Tensor) -> Tensor:
    return torch.tensor(row, dtype=like.dtype, device=like.device)
