"""Tuners: whatever looks at raws and answers with ISP parameters, at a stated price."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import torch

from agents.bundles.files import load_policy
from agents.bundles.hub import find_bundle
from agents.bundles.scorer import open_scorer
from agents.episodes import answers
from agents.policy import Policy
from attiqa_core.errors import InputError, UsageError
from attiqa_core.judges.judge import Judge
from isp_env.core import Actions, IspCore, State, Task
from isp_env.episodes.reset_options import row_of_goals
from isp_env.isp import Isp
from isp_env.params import IspParams
from isp_env.raw import RawFrame

NO_GOAL: Mapping[str, float] = {}


class Tuner(Protocol):
    """Chooses parameters for each raw of a core, whose scorer it may ask.

    `queries` is how often it asks about each raw; a proxy, in as many squares as cover it, and its crops together count once.
    `renders` is how many pictures, proxies and crops, are rendered for that. The camera default, which a core renders and
    scores once for all who look at it, counts for each of them: `looks` says whether this one does.
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
    """A trained policy; it asks the scorer once about the camera default, and once more per step if it is iterative.

    `goal` is what it is asked to go for, {"noise_gain": 0.5}: the goals that it does not name are 0.
    """

    looks = True

    def __init__(
        self,
        policy: Policy,
        scorer: Judge,
        name: str = "policy",
        goal: Mapping[str, float] = NO_GOAL,
        isp: Isp | None = None,
    ):
        """`isp` makes the pictures, our own without it. Raises: UsageError for a goal that the policy was not trained for, or
        outside [-1, 1], or another ISP than the one it was trained on."""
        refuse_other_isp(policy, isp, name)
        self.policy, self.scorer, self.name, self.isp = policy, scorer, name, isp
        self.goals = torch.tensor([row_of_goals(goal, policy.task.goals, "goal")])

    @classmethod
    def load(
        cls,
        run: str | Path,
        scorer: str | Path | None = None,
        device: str | torch.device = "cpu",
        goal: Mapping[str, float] = NO_GOAL,
        isp: Isp | None = None,
    ) -> "PolicyTuner":
        """Return the policy of a bundle, in a folder or at org/name@commit on the hub, with the scorer that it was trained
        against (or the same one at another path).

        Raises: InputError if the bundle is damaged or the scorer is not the one whose hash it records; UsageError for a goal
        that is none of the policy's, or an ISP that it was not trained on.
        """
        folder = find_bundle(run)
        policy = load_policy(folder)
        refuse_other_isp(policy, isp, str(run))
        return cls(policy, open_scorer(policy, folder, scorer, device), goal=goal, isp=isp)

    @property
    def queries(self) -> int:
        return self.policy.task.steps

    @property
    def renders(self) -> int:
        return pictures(self.queries, self.policy.task)

    def core(self, frames: Iterable[RawFrame]) -> IspCore:
        """Return the task that the policy was trained for over other raws."""
        return IspCore(frames, self.scorer, self.policy.task, self.policy.weights, isp=self.isp)

    def tune(self, core: IspCore) -> IspParams:
        return core.params(self.actions(core)).to("cpu")

    def actions(self, core: IspCore) -> Actions:
        """Return the action, absolute and in [-1, 1], that the policy ends at on each raw."""
        _ = core.default_scores  # kept by the core, and by copies of it
        own = for_task(core, self.policy.task)
        goals = self.goals.to(own.device).expand(len(own), -1)
        return answers(self.policy, own, torch.arange(len(own), device=own.device), goals)


def refuse_other_isp(policy: Policy, isp: Isp | None, name: str) -> None:
    """Raises: UsageError for a policy that was trained on the pictures of another ISP."""
    trained, given = policy.isp, None if isp is None else isp.described
    if trained is not None and given is None:
        raise UsageError(
            f"{name}: was trained on the program {trained['name']}, not on our own ISP; give its description with --isp"
        )
    if trained is None and given is not None:
        raise UsageError(
            f"{name}: was trained on our own ISP, not on {given['name']}; leave --isp out, or train on {given['name']}"
        )
    if trained is not None and given is not None and trained["sha256"] != given["sha256"]:
        raise UsageError(
            f"{name}: was trained on the program {trained['name']} {trained['sha256'][:12]}, but --isp describes "
            f"{given['name']} {given['sha256'][:12]}; give the description that it was trained on, or train again"
        )


def for_task(core: IspCore, task: Task) -> IspCore:
    """Return the same raws, nothing rendered or scored again, for a task of another formulation, other goals or no small pictures.

    Raises: InputError if the tasks look at other pictures, or set other parameters.
    """
    free = ("formulation", "horizon", "step_size", "goals", *(() if task.pictures else ("pictures",)))
    if replace(task, **{name: getattr(core.task, name) for name in free}) != core.task:
        raise InputError(
            "the policy was trained for other proxies, crops or parameters than these raws were prepared for"
        )
    if task == core.task:
        return core
    own = copy.copy(core)
    own.task = task
    own.__dict__.pop("default_observations", None)  # whose goals are others
    return own
