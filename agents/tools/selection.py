"""Validation as the judge of a training: of the policies met, the one that photos nobody trains on like best is kept."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents.selection import BestOf
from agents.tools.bundle import load_tool_policy, save_tool_policy
from agents.tools.choosers import Agent
from agents.tools.policy import ToolPolicy
from agents.tools.records import play
from agents.tools.tallies import right_first, stopped_clean
from isp_env.tool_episodes.core import ToolCore


@dataclass
class ToolSelection(BestOf[ToolPolicy]):
    """The selection of a policy that picks tools, by a `ToolCore`."""

    validation: ToolCore | None

    def look(self, policy: ToolPolicy) -> dict[str, Any]:
        assert self.validation is not None
        return validate(self.validation, policy)

    def save(self, run: Path, policy: ToolPolicy) -> Path:
        return save_tool_policy(run, policy)

    def load(self, run: Path) -> ToolPolicy:
        return load_tool_policy(run)


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
