"""What a finished training is worth, and several of them that differ in their seed alone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from agents.constant import per_step
from agents.policy import Policy
from agents.selection import validate
from isp_env.core import IspCore


def summary(core: IspCore, validation: IspCore | None, policy: Policy) -> dict[str, Any]:
    """Return a policy's figures: scores on its training contexts, and its reward on those of validation beside that of its
    constant and of its mean action, which it has to beat."""
    default = float(core.default_scores.mean())
    figures = {name: policy.training[name] for name in ("seed", "timesteps", "seconds", "training_reward")}
    figures |= {"default_score": default, "tuned_score": default + policy.training["training_score_gain"]}
    if validation is None:
        return figures
    mean_action = per_step(torch.tensor(policy.training["mean_action"]), core.identity.cpu(), core.task)
    rows = {
        "": policy,
        "constant_": replace(policy, actor=None),
        "mean_action_": replace(policy, actor=None, base=mean_action),
    }
    return figures | {
        f"{row}{name}": value
        for row, each in rows.items()
        for name, value in validate(validation, each).items()
        if name in ("validation_reward", "validation_better")
    }


def judged(figures: Mapping[str, Any]) -> float:
    """Return what seeds are compared by: the validation's reward, the training's where nothing else judges."""
    return figures.get("validation_reward", figures["training_reward"])


def together(by_seed: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return the best seed's figures, all seeds' and their spread."""
    best = max(by_seed.values(), key=judged)
    spread = {}
    for name in best:
        values = np.array([each[name] for each in by_seed.values()])
        if name != "seed":
            figures = {"mean": values.mean(), "low": values.min(), "high": values.max(), "deviation": values.std()}
            spread[name] = {each: float(value) for each, value in figures.items()}
    return {**best, "seeds": dict(by_seed), "spread": spread}
