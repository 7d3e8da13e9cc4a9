"""Validation as the judge of a training: of the policies met, the one that photos nobody trains on like best is kept."""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from agents.tools.bundle import load_tool_policy, save_tool_policy
from agents.tools.choosers import Agent
from agents.tools.policy import ToolPolicy
from agents.tools.records import play
from agents.tools.tallies import right_first, stopped_clean
from attiqa_core.runs import append_metrics
from isp_env.tool_episodes.core import ToolCore


@dataclass
class ToolSelection:
    """What a training offers is looked at here, written down, and kept if it is the best so far; the last without validation.

    `patience`: so many looks without a better policy end the training; 0: never.
    """

    validation: ToolCore | None
    run: Path | None = None
    patience: int = 0
    best: ToolPolicy | None = None
    best_reward: float = -torch.inf
    stale: int = 0
    seconds: float = 0.0
    """Of training before this process took over."""
    started: float = field(default_factory=time.perf_counter)

    @property
    def finished(self) -> bool:
        """Whether patience is at its end."""
        return 0 < self.patience <= self.stale

    def consider(self, policy: ToolPolicy, figures: dict[str, float]) -> dict[str, Any]:
        """Return a row of figures, `timesteps` among them, and keep the policy if it is the best; the run's files follow."""
        row: dict[str, Any] = {
            "timesteps": policy.training["timesteps"],
            "seconds": round(self.elapsed(), 2),
            **figures,
        }
        reward = torch.inf
        if self.validation is not None:
            row |= (seen := validate(self.validation, policy))
            reward = seen["validation_reward"] if seen["validation_reward"] == seen["validation_reward"] else -torch.inf
        if self.best is None or self.validation is None or reward > self.best_reward:
            kept = {} if self.validation is None else {"validation_reward": reward}
            self.best = replace(policy, training=policy.training | kept)
            self.best_reward, self.stale = reward, 0
            if self.run is not None:
                save_tool_policy(self.run, self.best)
        else:
            self.stale += 1
        if self.run is not None:
            append_metrics(self.run, row)
        return row

    def elapsed(self) -> float:
        """Return the seconds of training, those of earlier processes among them."""
        return self.seconds + time.perf_counter() - self.started

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps, as JSON; the best policy itself lies in the run's folder."""
        reward = self.best_reward if np.isfinite(self.best_reward) else None
        return {"best_reward": reward, "stale": self.stale, "seconds": self.elapsed()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint. A better policy found after it, in the run's folder, will be found again."""
        assert self.run is not None
        reward = state["best_reward"]
        self.best_reward = reward if reward is not None else -torch.inf
        self.stale, self.seconds, self.best = state["stale"], state["seconds"], load_tool_policy(self.run)


def validate(core: ToolCore, policy: ToolPolicy) -> dict[str, float]:
    """Return what a policy makes of a core's contexts: reward, share that gained, PSNR gained, right first tools, stops on clean."""
    record = play(core, Agent(policy))
    figures = {
        "validation_reward": float(record.rewards.mean()),
        "validation_better": float((record.rewards > 0).float().mean()),
        "validation_tools": float(np.mean([len(each) for each in record.used])),
    }
    for name, found in (("right_first", right_first(core, record)), ("stops_on_clean", stopped_clean(core, record))):
        if found:
            figures[f"validation_{name}"] = float(np.mean([*found.values()]))
    if core.contexts.references is not None:
        figures["validation_psnr_gain"] = float(record.gains.mean())
    return figures
