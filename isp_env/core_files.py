"""A core from paths, names and numbers, as `gymnasium.make` and `gymnasium.make_vec` are given them."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from attiqa_core.judges.judge import create_metric
from isp_env.core import IspCore
from isp_env.loading import load_proxies
from isp_env.profile_files import find_profile
from isp_env.profiles import Profile
from isp_env.reward_weights import RewardWeights
from isp_env.task import Formulation, Task

Raws = str | Path | Sequence[str | Path]


class CoreOptions(TypedDict, total=False):
    """The arguments of `load_core`."""

    raws: Raws
    scorer: str | Path
    formulation: Formulation
    horizon: int
    step_size: float
    proxy_px: int
    crops: int
    device: str
    reward: Mapping[str, float] | None
    profile: str | Path | Profile


def load_core(
    raws: Raws = (),
    scorer: str | Path = "attiqa-mini",
    formulation: Formulation = Task.formulation,
    horizon: int = Task.horizon,
    step_size: float = Task.step_size,
    proxy_px: int = Task.proxy_px,
    crops: int = Task.crops,
    device: str = "cpu",
    reward: Mapping[str, float] | None = None,
    profile: str | Path | Profile = Task.profile,
) -> tuple[IspCore, tuple[str, ...]]:
    """Return the core over all readable raws, and a sentence for each that cannot be read, which is warned of as well.

    `reward` names weights of `RewardWeights` that are to differ from their defaults, {"chroma_loss": 0.2}.
    `profile`: core, core+lens, core+curve, exposure8, or a TOML file of one's own (`profile_files.py`).
    Raises: UsageError for a weight that does not exist or is no number, or no such profile or formulation; InputError for
    raws or a profile that cannot be read.
    """
    weights = RewardWeights.from_dict(reward or {})
    task = Task(formulation, horizon, step_size, proxy_px, crops, find_profile(profile))
    proxies, unreadable = load_proxies([raws] if isinstance(raws, str | Path) else raws, proxy_px, crops)
    for failure in unreadable:
        warnings.warn(f"{failure} (this raw is left out)")
    return IspCore(proxies, create_metric(scorer, device), task, weights), tuple(unreadable)
