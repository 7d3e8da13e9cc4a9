"""What a policy needs beside its bundle: its tools and its judge, with the weights that it was trained with or not at all."""

from collections.abc import Iterable
from pathlib import Path

import torch

from agents.tools.policy import ToolPolicy
from attiqa_core.errors import InputError
from attiqa_core.judges.judge import Judge, create_metric
from isp_env.tools.tool import Tool


def tools_of(folder: Path, policy: ToolPolicy, there_are: Iterable[Tool]) -> tuple[Tool, ...]:
    """Return the tools of a bundle's policy, in its order, from among those that there are.

    Raises: InputError for the first that is not here, or has other weights than in training.
    """
    known = {tool.name: tool for tool in there_are}
    for name, digest in policy.tools.items():
        if name not in known:
            raise InputError(f"{folder}: was trained with the tool {name}, which is not here; fetch it or train again")
        if known[name].sha256 != digest:
            raise InputError(
                f"{folder}: was trained with the tool {name} of weights {digest[:12] or 'none'}…, and those here are"
                f" {known[name].sha256[:12] or 'none'}…; fetch the former ones or train again"
            )
    return tuple(known[name] for name in policy.tools)


def judge_of(policy: ToolPolicy, device: torch.device) -> Judge | None:
    """Return the judge that a policy's observation asks, None where it asks none. Raises: InputError for other weights."""
    if not policy.judge:
        return None
    judge = create_metric(policy.judge["name"], device, crops=1)
    if judge.sha256 != policy.judge["sha256"]:
        raise InputError(
            f"{policy.judge['name']}: is not the judge that the policy was trained with; its weights are others"
        )
    return judge
