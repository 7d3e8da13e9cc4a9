"""What became of a recipe in another program: what was left out, and what had to be limited."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from isp_env.parameters.table import KNOWN
from isp_env.params import IspParams

NOTHING = 1e-6  # a control this close to identity does nothing that anyone sees


@dataclass
class Notes:
    """What a translation has to own up to; sentences for the recipe and the sidecar."""

    left_out: list[str] = field(default_factory=list)
    limited: list[str] = field(default_factory=list)

    def leave_out(self, values: Mapping[str, float], names: Iterable[str], why: str = "") -> None:
        """Note those of the parameters that do something."""
        self.left_out += [f"{name}{why and f': {why}'}" for name in names if name in values]

    def within(self, name: str, value: float, low: float, high: float) -> float:
        """Return the value inside of what a field takes, noting a change."""
        inside = min(max(value, low), high)
        if abs(inside - value) > NOTHING * (high - low):
            self.limited.append(f"{name}: {value:.4g} limited to {inside:g}")
        return inside

    def as_recipe(self) -> dict[str, list[str]]:
        """Return the notes, ready for JSON."""
        return {"left_out": self.left_out, "limited": self.limited}


def moved(params: IspParams) -> dict[str, float]:
    """Return the parameters of one recipe that are not at identity."""
    recipe = params.to_dicts()[0]
    return {name: value for name, value in recipe.items() if abs(value - KNOWN[name].identity) > NOTHING}
