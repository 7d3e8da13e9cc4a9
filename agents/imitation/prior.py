"""A prior: what examples ask for on the mean, as one setting for every raw."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from agents.imitation.targets import Targets, targets_of
from attiqa_core.files.whole import write_json
from isp_env.core import Actions
from isp_env.fitting.files import Fits
from isp_env.parameters.profiles import Profile
from isp_env.params import IspParams

SETTING = "attiqa-setting/1"
NORMAL_SPREAD = 1.4826  # the deviation of a normal distribution over its median absolute deviation


def as_prior(fits: Fits, source: Mapping[str, str], profile: Profile | None = None) -> dict[str, Any]:
    """Return the setting that `write_json` stores: the weighted median of each parameter over all fits, as
    `attiqa render --params` and `attiqa train --start` take it, and the spread about it.

    `spread` is in units of the action, as a profile's usual spread is; `source` says which file the fits are of.
    """
    profile = profile or fits.profile
    targets = targets_of([fit.params for fit in fits.items], fits.items, profile)
    middle = middle_of(targets)
    params = IspParams.from_action(middle[None], profile).to_dicts()[0]
    spread = NORMAL_SPREAD * weighted_median((targets.actions - middle).abs(), targets.weights)
    return {
        "schema": SETTING,
        "params": params,
        "tuner": "prior",
        "spread": dict(zip(profile.names, spread.tolist(), strict=True)),
        "source": {**source, "images": len(fits.items), "beyond": dict(targets.beyond)},
    }


def write_prior(path: Path, fits: Fits, source: Mapping[str, str], profile: Profile | None = None) -> Path:
    """Write the setting of `as_prior` and return its path."""
    write_json(path, as_prior(fits, source, profile))
    return path


def middle_of(targets: Targets) -> Float[Tensor, " controls"]:
    """Return the constant that examples ask for: the weighted median of each control, which a few odd fits do not move."""
    return weighted_median(targets.actions, targets.weights)


def weighted_median(values: Actions, weights: Float[Tensor, " rows"]) -> Float[Tensor, " controls"]:
    """Return for each column the value at which half of the weight lies below."""
    ordered, order = values.sort(0)
    passed = weights[order].cumsum(0) / weights.sum()
    place = (passed < 0.5 - 1e-6).sum(0).clamp_max(len(values) - 1)
    return torch.gather(ordered, 0, place[None])[0]
