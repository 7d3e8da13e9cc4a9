"""What examples ask for: an action for each context whose raw was fitted, how far to trust it, and what lay beyond a range."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.tensors import PerImage
from isp_env.fitting.files import Fit, Fits
from isp_env.parameters.profiles import Profile
from isp_env.params import IspParams
from isp_env.raw import RawFrame
from isp_env.stores.open_contexts import Contexts
from isp_env.stores.store import StoredProxies

UNDONE = {"exposure_ev": ("exposure_ev", -1.0), "temperature_mired": ("white_balance_mired", 1.0),
          "tint_duv": ("white_balance_duv", 1.0)}  # fmt: skip
"""Parameters that undo what a variation did to the raw: which of its numbers, and the sign."""


@dataclass(frozen=True)
class Targets:
    """An action in [-1, 1] for each context and its weight, 1 on the mean; `beyond` counts by parameter where it had to be cut."""

    actions: Float[Tensor, "contexts controls"]
    weights: PerImage
    beyond: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.weights)


@dataclass(frozen=True)
class Examples:
    """Contexts whose raws were fitted, their targets, and how many contexts had no fit."""

    proxies: Sequence[RawFrame]
    scenes: tuple[str, ...]
    targets: Targets
    without: int


def examples_of(fits: Fits, contexts: Contexts, profile: Profile) -> Examples:
    """Return the contexts that have a fit: of their own name, as it is, else of the raw they were made of, with what the
    variation did to exposure and white balance undone.

    Raises: InputError if no context has one.
    """
    known, proxies = fits.by_name(), contexts.proxies
    raws = (
        [item.raw for item in proxies.items] if isinstance(proxies, StoredProxies) else [each.name for each in proxies]
    )
    wanted: list[tuple[int, Fit, Mapping[str, Any]]] = []
    for place, (proxy, raw) in enumerate(zip(proxies, raws, strict=True)):
        if proxy.name in known:
            wanted.append((place, known[proxy.name], {}))
        elif raw in known:
            wanted.append((place, known[raw], proxy.metadata.get("variation") or {}))
    if not wanted:
        raise InputError(
            f"none of {len(proxies)} contexts has a fit ({proxies[0].name if len(proxies) else 'there is none'}); fit the raws that "
            "they were made of, whose names tell them"
        )
    places = [place for place, _, _ in wanted]
    own = proxies.take(places) if isinstance(proxies, StoredProxies) else [proxies[place] for place in places]
    rows = [undone(fit.params, variation, profile) for _, fit, variation in wanted]
    targets = targets_of(rows, [fit for _, fit, _ in wanted], profile)
    return Examples(own, tuple(contexts.scenes[place] for place in places), targets, len(proxies) - len(own))


def undone(params: Mapping[str, float], variation: Mapping[str, Any], profile: Profile) -> dict[str, float]:
    """Return the parameters that give a varied raw the look that these give the raw itself, as far as the profile sets them."""
    changed = dict(params)
    for name, (cause, sign) in UNDONE.items():
        if name in profile.names:
            changed[name] = params.get(name, 0.0) + sign * variation.get(cause, 0.0)
    return changed


def targets_of(rows: Sequence[Mapping[str, float]], fits: Sequence[Fit], profile: Profile) -> Targets:
    """Return the targets of physical parameters, cut at the ends of the profile's ranges; `fits` say how far to trust each."""
    names = profile.names
    default = dict(zip(names, IspParams.default(1, profile=profile).values[0][_places(profile)].tolist(), strict=True))
    table = torch.tensor([[row.get(name, default[name]) for name in names] for row in rows])
    resting = IspParams.default(len(rows), profile=profile)
    values = resting.values.index_copy(1, _places(profile), table)
    free = replace(resting, values=values).to_action(profile)
    cut = (free.abs() > 1 + 1e-4).sum(0).tolist()
    beyond = {name: count for name, count in zip(names, cut, strict=True) if count}
    return Targets(free.clamp(-1, 1), trust(fits), beyond)


def _places(profile: Profile) -> Tensor:
    return torch.tensor([profile.columns.index(name) for name in profile.names])


def trust(fits: Sequence[Fit]) -> PerImage:
    """Return each fit's own weight over 1 + (Delta E / the median's)^2, 1 on the mean: what is far from its reference tells
    less of what was wanted."""
    delta_e, own = (torch.tensor([getattr(fit, name) for fit in fits]) for name in ("delta_e", "weight"))
    usual = delta_e.median().clamp_min(1e-3)
    weights = own / (1 + (delta_e / usual).square())
    return weights / weights.mean()
