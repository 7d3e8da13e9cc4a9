"""Tuners: whatever looks at raws and answers with ISP parameters, at a stated price."""

import copy
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import torch

from agents.episodes import answers
from agents.policy import Policy
from agents.policy_files import load_policy
from attiqa_core.errors import InputError
from attiqa_core.judges.judge import Judge, create_metric
from isp_env.core import Actions, IspCore, State, Task
from isp_env.params import IspParams
from isp_env.raw import RawFrame


class Tuner(Protocol):
    """Chooses parameters for each raw of a core, whose scorer it may ask.

    `queries` is how often it asks about each raw; a proxy and its crops together count once. `renders` is how many pictures,
    proxies and crops, are rendered for that. The camera default, which a core renders and scores once for all who look at it,
    counts for each of them: `looks` says whether this one does.
    """

    @property
    def name(self) -> str: ...

    @property
    def queries(self) -> int: ...

    @property
    def renders(self) -> int: ...

    @property
    def looks(self) -> bool: ...

    def tune(self, core: IspCore) -> IspParams:
        """Return one row of parameters, on the CPU, for each raw of the core; each from that raw alone."""
        ...


def pictures(queries: int, task: Task) -> int:
    """Return how many pictures so many queries show the scorer: a proxy and its crops each time."""
    return queries * (1 + task.crops)


def first_state(core: IspCore) -> State:
    """Return every raw at the camera default, as an episode on it begins."""
    return core.reset(torch.arange(len(core), device=core.device))[0]


class PolicyTuner:
    """A trained policy; it asks the scorer once about the camera default, and once more per step if it is iterative."""

    looks = True

    def __init__(self, policy: Policy, scorer: Judge, name: str = "policy"):
        self.policy, self.scorer, self.name = policy, scorer, name

    @classmethod
    def load(
        cls, run: str | Path, scorer: str | Path | None = None, device: str | torch.device = "cpu"
    ) -> "PolicyTuner":
        """Return the policy of a run folder with the scorer it was trained against (or the same one at another path).

        Raises: InputError if the bundle is damaged or the scorer is not the one whose hash it records.
        """
        policy = load_policy(run)
        loaded = create_metric(scorer or policy.scorer["name"], device)
        if loaded.sha256 != policy.scorer["sha256"]:
            raise InputError(
                f"{run}: trained against scorer {policy.scorer['name']} {policy.scorer['sha256'][:12]}, "
                f"but {loaded.name} is {loaded.sha256[:12]}; give the right one with --scorer, or train again"
            )
        return cls(policy, loaded)

    @property
    def queries(self) -> int:
        return self.policy.task.steps

    @property
    def renders(self) -> int:
        return pictures(self.queries, self.policy.task)

    def core(self, frames: Iterable[RawFrame]) -> IspCore:
        """Return the task that the policy was trained for over other raws."""
        return IspCore(frames, self.scorer, self.policy.task, self.policy.weights)

    def tune(self, core: IspCore) -> IspParams:
        return core.params(self.actions(core)).to("cpu")

    def actions(self, core: IspCore) -> Actions:
        """Return the action, absolute and in [-1, 1], that the policy ends at on each raw."""
        _ = core.default_scores  # kept by the core, and by copies of it
        own = for_task(core, self.policy.task)
        return answers(self.policy, own, torch.arange(len(own), device=own.device))


def for_task(core: IspCore, task: Task) -> IspCore:
    """Return the same raws, nothing rendered or scored again, for a task of another formulation.

    Raises: InputError if the tasks look at other pictures, or set other parameters.
    """
    shown = replace(task, formulation=core.task.formulation, horizon=core.task.horizon, step_size=core.task.step_size)
    if shown != core.task:
        raise InputError(
            "the policy was trained for other proxies, crops or parameters than these raws were prepared for"
        )
    if task == core.task:
        return core
    own = copy.copy(core)
    own.task = task
    return own
