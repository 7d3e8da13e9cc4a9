"""Validation as the judge of a training: the policy that scenes nobody trains on like best is the one that is kept."""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

import torch

from agents.bundles.files import load_policy, save_policy
from agents.episodes import answers, gains
from agents.policy import Policy
from attiqa_core.runs.metrics import append_metrics
from isp_env.core import IspCore
from isp_env.reward import TERMS


class Trained(Protocol):
    """A policy that says of its training how many `timesteps` it had."""

    @property
    def training(self) -> dict[str, Any]: ...


P = TypeVar("P", bound=Trained)


@dataclass
class BestOf(ABC, Generic[P]):
    """What training offers is looked at here, written down, and kept if it is the best so far.

    Without a `validation` core the last policy is kept. `patience`: so many looks without a better policy end the training;
    0: never. How a policy is looked at, and stored in the run's folder, is said by who inherits.
    """

    validation: Any
    run: Path | None = None
    patience: int = 0
    best: P | None = None
    best_reward: float = -torch.inf
    stale: int = 0
    seconds: float = 0.0
    """Of training before this process took over."""
    started: float = field(default_factory=time.perf_counter)
    on_look: Callable[[P, dict[str, Any]], object] = lambda policy, row: None

    @abstractmethod
    def look(self, policy: P) -> dict[str, Any]:
        """Return what the validation contexts say of a policy, `validation_reward` among it."""

    @abstractmethod
    def save(self, run: Path, policy: P) -> object: ...

    @abstractmethod
    def load(self, run: Path) -> P: ...

    @property
    def finished(self) -> bool:
        """Whether patience is at its end."""
        return 0 < self.patience <= self.stale

    def consider(self, policy: P, figures: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return a row of figures, `timesteps` among them, and keep the policy if it is the best; the run's files follow."""
        row = {"timesteps": policy.training["timesteps"], "seconds": round(self.elapsed(), 2), **(figures or {})}
        reward = torch.inf
        if self.validation is not None:
            row |= (seen := self.look(policy))
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

    def keep(self, policy: P, reward: float) -> None:
        """Take the policy for the best so far."""
        kept = {"validation_reward": reward} if self.validation is not None else {}
        best: P = replace(policy, training=policy.training | kept)  # type: ignore[type-var]
        self.best, self.best_reward, self.stale = best, reward, 0
        if self.run is not None:
            self.save(self.run, best)

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
        self.stale, self.seconds, self.best = state["stale"], state["seconds"], self.load(self.run)


@dataclass
class Selection(BestOf[Policy]):
    """The selection of a policy that tunes the ISP, by an `IspCore`."""

    validation: IspCore | None

    def look(self, policy: Policy) -> dict[str, Any]:
        assert self.validation is not None
        return validate(self.validation, policy)

    def save(self, run: Path, policy: Policy) -> Path:
        return save_policy(run, policy)

    def load(self, run: Path) -> Policy:
        return load_policy(run)


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
