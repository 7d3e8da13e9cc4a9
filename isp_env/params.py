"""`IspParams`, one row of physical values per image, and the map from actions to them that a profile defines."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.tensors import PerImage
from isp_env.parameters.profiles import CORE, Profile
from isp_env.parameters.table import NAMES, PARAMETERS, Parameter

__all__ = ["NAMES", "PARAMETERS", "IspParams", "Parameter"]


@dataclass(frozen=True, eq=False)
class IspParams:
    """Physical parameter values, (N, P); `params["exposure_ev"]` is one column.

    `names` are the columns: `PARAMETERS`, in order, and after them those further tables that a profile or a recipe needs. What
    is no column is at identity, and its stage does not run. Of another program's profile they are its own parameters.
    """

    values: Float[Tensor, "batch parameters"]
    names: tuple[str, ...] = NAMES

    @classmethod
    def default(cls, n: int, device: str | torch.device = "cpu", profile: Profile = CORE) -> "IspParams":
        """Return `n` rows of what a profile leaves untouched: identity, the camera-default look, but for what it freezes."""
        return cls(torch.tensor(_resting(profile), device=device).float().repeat(n, 1), profile.columns)

    @classmethod
    def from_dict(
        cls,
        recipe: Mapping[str, float] | Sequence[Mapping[str, float]],
        device: str | torch.device = "cpu",
        profile: Profile = CORE,
    ) -> "IspParams":
        """Return one row per recipe; parameters that a recipe does not name are at the profile's default.

        Raises: InputError if a name is unknown or a value is not a number that its stage takes; the profile's own ranges
        limit actions, not recipes.
        """
        recipes, known = [recipe] if isinstance(recipe, Mapping) else list(recipe), profile.known
        for name in (name for item in recipes for name in item):
            if name not in known:
                raise InputError(f"parameter {name!r} does not exist; known are {', '.join(known)}")
        frozen = dict(profile.frozen)
        names = profile.columns_with(name for item in recipes for name in item)
        rows = [
            [_checked(known[name], {**frozen, **item}.get(name, known[name].identity)) for name in names]
            for item in recipes
        ]
        return cls(torch.tensor(rows, device=device).reshape(-1, len(names)), names)

    def to_dicts(self) -> list[dict[str, float]]:
        """Return one recipe per row, for JSON."""
        return [dict(zip(self.names, row, strict=True)) for row in self.values.detach().cpu().tolist()]

    @classmethod
    def from_action(cls, action: Float[Tensor, "batch controls"], profile: Profile = CORE) -> "IspParams":
        """Return the values of actions in [-1, 1]: -1 is low, 1 is high, `identity_action()` is the profile's default.

        Piecewise linear (in the logarithm where `scale` is "log") with 0 at identity where identity lies inside the range,
        linear from low to high where it is an end. Differentiable; the slope at 0 is that of the upper half. What the
        profile does not list does not move.
        """
        low, middle, high, is_log = _ends(profile, action)
        scaled = middle + torch.where(action >= 0, action * (high - middle), action * (middle - low))
        values = torch.where(
            is_log > 0, torch.where(is_log > 0, scaled, 0.0).exp(), scaled
        )  # no gradient of an overflow
        resting = _constant(_resting(profile), action).expand(len(action), -1)
        return cls(resting.index_copy(1, _places(profile, action), values), profile.columns)

    def to_action(self, profile: Profile = CORE) -> Float[Tensor, "batch controls"]:
        """Return the action that gives these values: the inverse of `from_action`; beyond [-1, 1] where they are beyond a range."""
        values = torch.stack([self._column(each) for each in profile.parameters], 1)
        low, middle, high, is_log = _ends(profile, values)
        scaled = torch.where(is_log > 0, torch.where(is_log > 0, values, 1.0).log(), values)
        offset = scaled - middle
        return torch.where(offset >= 0, offset / (high - middle), offset / (middle - low))

    @classmethod
    def identity_action(cls, profile: Profile = CORE) -> Float[Tensor, " controls"]:
        """Return the action that changes nothing: 0, or an end where identity is that end of the range."""
        return cls.default(1, profile=profile).to_action(profile)[0]

    def table(self, names: tuple[str, ...]) -> Float[Tensor, "batch some"] | None:
        """Return the columns of one of the further tables; None where they are not held, and so at identity."""
        if names[0] not in self.names:
            return None
        start = self.names.index(names[0])
        return self.values[:, start : start + len(names)]

    def to(self, device: str | torch.device) -> "IspParams":
        """Return the parameters on another device."""
        return replace(self, values=self.values.to(device))

    def take(self, ids: Tensor) -> "IspParams":
        """Return the given rows."""
        return replace(self, values=self.values.index_select(0, ids))

    def _column(self, parameter: Parameter) -> PerImage:
        if parameter.name in self.names:
            return self[parameter.name]
        return torch.full_like(self.values[:, 0], parameter.identity)

    def repeat(self, count: int) -> "IspParams":
        """Return each row `count` times, one after the other."""
        return replace(self, values=self.values.repeat_interleave(count, 0))

    def __getitem__(self, name: str) -> PerImage:
        return self.values[:, self.names.index(name)]

    def __len__(self) -> int:
        return self.values.shape[0]


def _checked(parameter: Parameter, value: float) -> float:
    low, high = parameter.limits
    slack = 1e-6 * (high - low)  # a recipe written from float32 may be a rounding error outside
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise InputError(f"parameter {parameter.name}: {value!r} is not a number")
    if not low - slack <= value <= high + slack:
        raise InputError(
            f"parameter {parameter.name}: {value:g} is outside {low:g} .. {high:g} {parameter.unit}".rstrip()
        )
    return min(max(float(value), low), high)


def _resting(profile: Profile) -> list[float]:
    """The values of what an action leaves alone, one for each of the profile's columns."""
    frozen, known = dict(profile.frozen), profile.known
    return [float(frozen.get(name, known[name].identity)) for name in profile.columns]


def _ends(profile: Profile, like: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Low, middle and high of each control on its parameter's scale, and 1 where that is logarithmic."""
    low, middle, high = zip(
        *(control.ends(each) for control, each in zip(profile.controls, profile.parameters, strict=True)), strict=True
    )
    is_log = [float(parameter.scale == "log") for parameter in profile.parameters]
    return _constant(low, like), _constant(middle, like), _constant(high, like), _constant(is_log, like)


def _places(profile: Profile, like: Tensor) -> Int[Tensor, " controls"]:
    """The columns of the profile's parameters that its controls set."""
    return torch.tensor([profile.columns.index(name) for name in profile.names], device=like.device)


def _constant(row: Sequence[float], like: Tensor) -> Tensor:
    return torch.tensor(row, dtype=like.dtype, device=like.device)
