"""The space that is searched: each parameter of a profile in half widths of its range, bounded by what its stage takes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.errors import UsageError
from isp_env.parameters.profiles import Profile
from isp_env.parameters.table import Parameter
from isp_env.params import IspParams

Points = Float[Tensor, "batch controls"]
"""Parameters in half widths of their ranges about identity; logarithmic ones in the logarithm. 0 is identity."""

DETAIL = ("sharpen", "sharpen_radius_px", "denoise_luma", "denoise_chroma")
"""What shows at native resolution alone: without crops there it stays as the camera has it."""


@dataclass(frozen=True)
class SearchSpace:
    """The free parameters of a profile; unlike an action it has no kink at identity, and ends at a parameter's `limits`.

    `free`: names, in order; `low`, `high`, `spread`: bounds and usual spread of each, as points are.
    """

    profile: Profile
    free: tuple[str, ...]
    low: Float[Tensor, " controls"]
    high: Float[Tensor, " controls"]
    spread: Float[Tensor, " controls"]

    @classmethod
    def of(cls, profile: Profile, *, without: Sequence[str] = (), within_ranges: bool = False) -> "SearchSpace":
        """Return the space of a profile's controls but for some; `within_ranges` ends it at the profile's ranges, as actions do."""
        controls = [each for each in profile.controls if each.name not in without]
        if not controls:
            raise UsageError(f"profile {profile.name}: has nothing to fit but what shows at native resolution alone")
        known = profile.known
        ends = [(each.low, each.high) if within_ranges else known[each.name].limits for each in controls]
        points = torch.tensor(
            [[_point(known[each.name], end) for end in pair] for each, pair in zip(controls, ends, strict=True)]
        )
        spread = torch.tensor([known[each.name].usual_spread for each in controls])
        return cls(profile, tuple(each.name for each in controls), points[:, 0], points[:, 1], spread)

    def params(self, points: Points) -> IspParams:
        """Return the physical values of points; what is not free is at the profile's default."""
        known = [self.profile.known[name] for name in self.free]
        columns = [_value(parameter, column) for parameter, column in zip(known, points.unbind(1), strict=True)]
        resting = IspParams.default(len(points), device=str(points.device), profile=self.profile)
        places = torch.tensor([resting.names.index(name) for name in self.free], device=points.device)
        return IspParams(resting.values.index_copy(1, places, torch.stack(columns, 1)), resting.names)

    def point(self, values: Mapping[str, float]) -> Float[Tensor, " controls"]:
        """Return the point of physical values by name, brought within the bounds; identity for what is not named."""
        known = [self.profile.known[name] for name in self.free]
        found = [_point(each, values.get(each.name, each.identity)) for each in known]
        return torch.tensor(found).clamp(self.low, self.high)


def _point(parameter: Parameter, value: float) -> float:
    if parameter.scale == "log":
        half = (math.log(parameter.high) - math.log(parameter.low)) / 2
        return (math.log(max(value, 1e-6)) - math.log(parameter.identity)) / half
    return (value - parameter.identity) / ((parameter.high - parameter.low) / 2)


def _value(parameter: Parameter, point: Tensor) -> Tensor:
    if parameter.scale == "log":
        half = (math.log(parameter.high) - math.log(parameter.low)) / 2
        return (math.log(parameter.identity) + point * half).exp()
    return parameter.identity + point * ((parameter.high - parameter.low) / 2)
