"""Validation as the judge of a training: the policy that scenes nobody trains on like best is the one that is kept."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from agents.episodes import answers, gains
from agents.policy import Policy
from agents.policy_files import load_policy, save_policy
from attiqa_core.runs import append_metrics
from isp_env.core import IspCore
from isp_env.reward import TERMS


@dataclass
class Selection:
    """What training offers is looked at here, written down, and kept if it is the best so far.

    Without validation contexts the last policy is kept. `patience`: so many looks without a better policy end the training;
    0: never.
    """

    validation: IspCore | None
    run: Path | None = None
    patience: int = 0
    best: Policy | None = None
    best_reward: float = -torch.inf
    stale: int = 0
    seconds: float = 0.0
    """Of training before this process took over."""
    started: float = field(default_factory=time.perf_counter)
    on_look: Callable[[Policy, dict[str, Any]], object] = lambda policy, row: None

    @property
    def finished(self) -> bool:
        """Whether patience is at its end."""
        return 0 < self.patience <= self.stale

    def consider(self, policy: Policy, figures: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return a row of figures, `timesteps` among them, and keep the policy if it is the best; the run's files follow."""
        row = {"timesteps": policy.training["timesteps"], "seconds": round(self.elapsed(), 2), **(figures or {})}
        reward = torch.inf
        if self.validation is not None:
            row |= (seen := validate(self.validation, policy))
            reward = seen["validation_reward"]
            reward = reward if reward == reward else -torch.inf  # NaN is worse than anything
        if self.best is None or self.validation is None or reward > self.best_reward:
            self.keep(policy, reward)
        else:
            self.stale += 1
        if self.run is not None:
            append_metrics(self.run, row)
        self.on_look(policy, row)
        return row

    def keep(self, policy: Policy, reward: float) -> None:
        """Take the policy for the best so far."""
        kept = {"validation_reward": reward} if self.validation is not None else {}
        self.best = replace(policy, training=policy.training | kept)
        self.best_reward, self.stale = reward, 0
        if self.run is not None:
            save_policy(self.run, self.best)

    def elapsed(self) -> float:
        """Return the seconds of training, those of earlier processes among them."""
        return self.seconds + time.perf_counter() - self.started

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps, as JSON; the best policy itself lies in the run's folder."""
        reward = self.best_reward if self.best_reward not in (torch.inf, -torch.inf) else None
        return {"best_reward": reward, "stale": self.stale, "seconds": self.elapsed()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint. A better policy found after it, in the run's folder, will be found again."""
        assert self.run is not None
        reward = state["best_reward"]
        self.best_reward = reward if reward is not None else (-torch.inf if self.validation is not None else torch.inf)
        self.stale, self.seconds, self.best = state["stale"], state["seconds"], load_policy(self.run)


def validate(core: IspCore, policy: Policy) -> dict[str, Any]:
    """Return the mean gain in reward over the core's contexts, its terms, and the share of contexts that gained."""
    _, changes = gains(core, lambda ids: answers(policy, core, ids))
    rewards = changes.sum(1)
    terms = dict(zip(TERMS, changes.mean(0).tolist(), strict=True))
    return {
        "validation_reward": float(rewards.mean()),
        "validation_better": float((rewards > 0).float().mean()),
        **{f"validation_{name}": value for name, value in terms.items()},
    }
