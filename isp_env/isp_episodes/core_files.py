"""A core from paths, names and numbers, as `gymnasium.make` and `gymnasium.make_vec` are given them."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges.judge import create_metric
from isp_env.black_box.isp import BlackBoxIsp
from isp_env.contexts.scenes import Split
from isp_env.core import IspCore
from isp_env.isp import Isp
from isp_env.learned_isp.description import is_learned
from isp_env.learned_isp.isp import LearnedIsp
from isp_env.parameters.profile_files import find_profile
from isp_env.parameters.profiles import Profile
from isp_env.reward_weights import RewardWeights
from isp_env.stores.open_contexts import open_contexts
from isp_env.task import Formulation, Task

Raws = str | Path | Sequence[str | Path]


SCORER = "attiqa-mini"


class TaskOptions(TypedDict, total=False):
    """The arguments of `load_core`, without raws and scorer."""

    formulation: Formulation
    horizon: int
    step_size: float
    proxy_px: int
    crops: int
    device: str
    reward: Mapping[str, float] | None
    profile: str | Path | Profile
    square: bool
    goals: Sequence[str]
    pictures: int
    split: Split
    isp: str | Path | Isp | None


class CoreOptions(TaskOptions, total=False):
    """The arguments of `load_core`."""

    raws: Raws
    scorer: str | Path


def load_core(
    raws: Raws = (),
    scorer: str | Path = SCORER,
    formulation: Formulation = Task.formulation,
    horizon: int = Task.horizon,
    step_size: float = Task.step_size,
    proxy_px: int = Task.proxy_px,
    crops: int = Task.crops,
    device: str = "cpu",
    reward: Mapping[str, float] | None = None,
    profile: str | Path | Profile = Task.profile,
    square: bool = Task.square,
    goals: Sequence[str] = Task.goals,
    pictures: int = Task.pictures,
    split: Split = "training",
    isp: str | Path | Isp | None = None,
) -> tuple[IspCore, tuple[str, ...]]:
    """Return the core over all readable raws, and a sentence for each that cannot be read, which is warned of as well.

    `raws`: files and folders, or one store of `attiqa bake`, of which one side of its `split` is taken.

    `reward` names weights of `RewardWeights` that are to differ from their defaults, {"chroma_loss": 0.2}.
    `profile`: core, core+lens, core+curve, exposure8, or a TOML file of one's own (`parameters/profile_files.py`).
    `square`: proxies of the frames' centred squares; `goals`: weights that vary by episode, ("noise_gain",); `pictures`: side
    in px of small pictures in the observation. `isp`: another program in the place of our ISP, by the TOML file that describes it
    (`black_box/description.py`), which brings a profile of its own.
    Raises: UsageError for a weight that does not exist or is no number, or no such profile, formulation or goal; InputError
    for raws or a profile that cannot be read, or a store of other proxies or without contexts on that side.
    """
    weights = RewardWeights.from_dict(reward or {})
    goals = (goals,) if isinstance(goals, str) else tuple(goals)
    isp, own = opened_isp(isp, profile, square=square)
    task = Task(formulation, horizon, step_size, proxy_px, crops, own, square, goals, pictures)
    paths = [raws] if isinstance(raws, str | Path) else raws
    contexts = open_contexts(paths, proxy_px, crops, square=square)
    if not len(side := contexts.of(split)):
        there = ", ".join(dict.fromkeys(contexts.splits))
        raise InputError(f'{paths[0]}: holds nothing on the side split="{split}"; there is {there}')
    for failure in contexts.failures:
        warnings.warn(f"{failure} (this raw is left out)")
    return IspCore(side.proxies, create_metric(scorer, device), task, weights, isp=isp), contexts.failures


def opened_isp(
    isp: str | Path | Isp | None, profile: str | Path | Profile, *, square: bool = False
) -> tuple[Isp | None, Profile]:
    """Return the ISP, opened if it is named by a file, and its profile; None and the profile named for our own.

    Raises: UsageError for a profile beside a program, which has its own; InputError as `BlackBoxIsp.load`.
    """
    opened = _loaded(isp, square) if isinstance(isp, str | Path) else isp
    if opened is None or opened.profile is None:
        return opened, find_profile(profile)
    if profile not in (Task.profile, Task.profile.name, opened.profile):
        raise UsageError(f"profile {profile} beside isp {isp}: a program has a profile of its own; leave it out")
    return opened, opened.profile


def _loaded(path: str | Path, square: bool) -> Isp:
    return LearnedIsp.load(path) if is_learned(path) else BlackBoxIsp.load(path, square=square)
