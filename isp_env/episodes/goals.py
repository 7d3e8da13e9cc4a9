"""Tastes: weights of the reward that vary by episode and are seen by the agent, so that one policy serves several.

A goal is a number in [-1, 1] for each weight that `Task.goals` names; 0 is the weight as it is.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

SPAN = 2.0  # doublings of a weight at goal 1, halvings at -1

Goals = Float[Tensor, "batch goals"]


def multipliers(goals: Goals, names: tuple[str, ...], columns: tuple[str, ...]) -> Float[Tensor, "batch columns"]:
    """Return what each of the columns is weighed by beside its weight: 1 for one that is no goal."""
    factors = torch.exp2(SPAN * goals)
    one = torch.ones_like(goals[:, 0])
    return torch.stack([factors[:, names.index(each)] if each in names else one for each in columns], 1)


def shares(goals: Goals, names: tuple[str, ...], share: float) -> Float[Tensor, "batch 1"]:
    """Return the share of the crops in each row's score: at most 1, however much of it is wanted."""
    return (share * multipliers(goals, names, ("crop_share",))).clamp_max(1)


def drawn(generator: np.random.Generator, count: int, size: int) -> Goals:
    """Return goals drawn uniformly, which is log-uniform in the weights."""
    return torch.from_numpy(generator.uniform(-1, 1, (count, size)).astype(np.float32))
