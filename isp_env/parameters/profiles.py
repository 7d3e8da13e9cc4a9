"""Profiles: which parameters an action sets, over which ranges, and what the others are frozen at. Readable without torch.

The parameters are those of our ISP, or, of a profile that carries some of its own (`foreign`), those of another program.

`core` is every row of `PARAMETERS` over its range; `core+lens` adds what undoes a lens's faults, `core+curve` the knots of a curve
of lightness; `exposure8` is the eight
filters of Exposure, with every control of our own at identity. A TOML file makes another of one of them (`profile_files.py`).
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from attiqa_core.errors import InputError
from isp_env.parameters.table import (
    CURVE,
    EXPOSURE8,
    KNOWN,
    LENS,
    PARAMETERS,
    Parameter,
    columns_for,
    names_of,
)


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

    def ends(self, parameter: Parameter) -> tuple[float, float, float]:
        """Low, the value at action 0, and high, on the scale of the parameter that it sets.

        Action 0 is identity where identity lies inside the range, else the middle.
        """
        low, identity, high = (_scaled(parameter, value) for value in (self.low, parameter.identity, self.high))
        return low, (low + high) / 2 if identity in (low, high) else identity, high


@dataclass(frozen=True)
class Profile:
    """The controls of an action, in order, and the parameters that are frozen elsewhere than at identity, by name.

    `foreign`: the parameters of another program, in the order of their columns; none: they are our ISP's.
    """

    name: str
    controls: tuple[Control, ...]
    frozen: tuple[tuple[str, float], ...] = ()
    foreign: tuple[Parameter, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that an action sets, in its order."""
        return tuple(control.name for control in self.controls)

    @property
    def columns(self) -> tuple[str, ...]:
        """The parameters that `IspParams` of this profile hold."""
        return self.columns_with(())

    def columns_with(self, further: Iterable[str]) -> tuple[str, ...]:
        """Return the columns that hold these parameters as well."""
        return names_of(self.foreign) or columns_for((*self.names, *dict(self.frozen), *further))

    @property
    def known(self) -> Mapping[str, Parameter]:
        """Every parameter that there is for this profile, by its name."""
        return {parameter.name: parameter for parameter in self.foreign} or KNOWN

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameter that each control sets."""
        known = self.known
        return tuple(known[name] for name in self.names)

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> "Profile":
        """Return the profile that a file holds. Raises: InputError for a parameter or range that is not known or too wide."""
        profile = cls(
            stored["name"],
            tuple(Control(**control) for control in stored["controls"]),
            tuple((name, value) for name, value in stored["frozen"]),
            tuple(Parameter(**{**row, "allowed": None}) for row in stored.get("foreign", ())),
        )
        for control in profile.controls:
            refuse_beyond(control.name, control.low, control.high, known=profile.known)
        for name, value in profile.frozen:
            refuse_beyond(name, value, known=profile.known)
        return profile


def refuse_beyond(name: str, *values: float, known: Mapping[str, Parameter] = KNOWN) -> None:
    """Raises: InputError for a parameter that there is not, or a value that its stage does not take."""
    if name not in known:
        raise InputError(f"{name}: is not one of {', '.join(known)}")
    low, high = known[name].limits
    for value in values:
        if not low <= value <= high:
            raise InputError(f"{name}: {value:g} is outside {low:g} .. {high:g} {known[name].unit}".rstrip())


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
