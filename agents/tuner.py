"""Tuners: whatever looks at a raw and answers with ISP parameters, at a stated price."""

from pathlib import Path
from typing import Protocol

import torch

from agents.policy import Policy, load_policy
from attiqa_core.errors import InputError
from attiqa_core.judges.judge import Judge, create_metric
from isp_env.core import IspCore
from isp_env.params import IspParams
from isp_env.raw import RawFrame


class Tuner(Protocol):
    """Chooses parameters for one raw. `queries` is how often it asks the scorer about each raw, proxies rendered for it;
    a proxy, in as many squares as cover it, and its crops together count once."""

    @property
    def name(self) -> str: ...

    @property
    def queries(self) -> int: ...

    def tune(self, frame: RawFrame) -> IspParams:
        """Return one row of parameters for the raw."""
        ...


class PolicyTuner:
    """A trained policy; it asks the scorer once about the camera default, and once more per step if it is iterative."""

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

    def tune(self, frame: RawFrame) -> IspParams:
        core = IspCore([frame], self.scorer, self.policy.task, self.policy.weights)
        state, observations = core.reset(torch.zeros(1, dtype=torch.int64, device=core.device))
        for _ in range(self.policy.task.steps - 1):
            transition = core.step(state, self.policy.act(observations))
            state, observations = transition.state, transition.observations
        actions = core.absolute(state, self.policy.act(observations))
        return core.params(actions).to("cpu")
