"""Profiles: which parameters an action sets, over which ranges, and what the others are frozen at. Readable without torch.

`core` is every row of `PARAMETERS` over its range; `core+lens` adds what undoes a lens's faults, `core+curve` the knots of a curve
of lightness; `exposure8` is the eight
filters of Exposure, with every control of our own at identity. A TOML file makes another of one of them (`profile_files.py`).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from attiqa_core.errors import InputError
from isp_env.parameter_table import CURVE, EXPOSURE8, KNOWN, LENS, PARAMETERS, Parameter, columns_for


@dataclass(frozen=True)
class Control:
    """One entry of an action: the parameter that it sets and what -1 and 1 mean, physically; identity lies between.

    `spread` is the parameter's `usual_spread` in units of this action, so that the reward's prior is the same distance.
    """

    name: str
    low: float
    high: float
    spread: float

    @classmethod
    def of(cls, parameter: Parameter, low: float | None = None, high: float | None = None) -> "Control":
        """Return a control over the parameter's range, or over one of its own."""
        low, high = parameter.low if low is None else low, parameter.high if high is None else high
        share = _width(parameter, parameter.low, parameter.high) / _width(parameter, low, high)
        return cls(parameter.name, low, high, parameter.usual_spread * share)

    @property
    def parameter(self) -> Parameter:
        return KNOWN[self.name]

    def ends(self) -> tuple[float, float, float]:
        """Low, the value at action 0, and high, on the parameter's scale.

        Action 0 is identity where identity lies inside the range, else the middle.
        """
        low, identity, high = (
            _scaled(self.parameter, value) for value in (self.low, self.parameter.identity, self.high)
        )
        return low, (low + high) / 2 if identity in (low, high) else identity, high


@dataclass(frozen=True)
class Profile:
    """The controls of an action, in order, and the parameters that are frozen elsewhere than at identity, by name."""

    name: str
    controls: tuple[Control, ...]
    frozen: tuple[tuple[str, float], ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that an action sets, in its order."""
        return tuple(control.name for control in self.controls)

    @property
    def columns(self) -> tuple[str, ...]:
        """The parameters that `IspParams` of this profile hold."""
        return columns_for((*self.names, *dict(self.frozen)))

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> "Profile":
        """Return the profile that a file holds. Raises: InputError for a parameter or range that is not known or too wide."""
        profile = cls(
            stored["name"],
            tuple(Control(**control) for control in stored["controls"]),
            tuple((name, value) for name, value in stored["frozen"]),
        )
        for control in profile.controls:
            refuse_beyond(control.name, control.low, control.high)
        for name, value in profile.frozen:
            refuse_beyond(name, value)
        return profile


def refuse_beyond(name: str, *values: float) -> None:
    """Raises: InputError for a parameter that there is not, or a value that its stage does not take."""
    if name not in KNOWN:
        raise InputError(f"{name}: is not one of {', '.join(KNOWN)}")
    low, high = KNOWN[name].limits
    for value in values:
        if not low <= value <= high:
            raise InputError(f"{name}: {value:g} is outside {low:g} .. {high:g} {KNOWN[name].unit}".rstrip())


def _scaled(parameter: Parameter, value: float) -> float:
    return math.log(value) if parameter.scale == "log" else float(value)


def _width(parameter: Parameter, low: float, high: float) -> float:
    return _scaled(parameter, high) - _scaled(parameter, low)


def _whole(name: str, parameters: Iterable[Parameter]) -> Profile:
    return Profile(name, tuple(Control.of(parameter) for parameter in parameters))


CORE = _whole("core", PARAMETERS)
PROFILES = {
    each.name: each
    for each in (
        CORE,
        _whole("core+lens", (*PARAMETERS, *LENS)),
        _whole("core+curve", (*PARAMETERS, *CURVE)),
        _whole("exposure8", EXPOSURE8),
    )
}
"""The profiles that ship, by name."""
