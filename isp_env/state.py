"""Where episodes stand, and what a step leads to."""

from dataclasses import dataclass

from jaxtyping import Bool, Float, Int
from torch import Tensor

from attiqa_core.tensors import PerImage
from isp_env.goals import Goals

Actions = Float[Tensor, "batch parameters"]
Observations = Float[Tensor, "batch observation"]


@dataclass(frozen=True)
class State:
    """Where each of N episodes stands: image index, current action, steps taken, terms of its picture's value, goals."""

    ids: Int[Tensor, " batch"]
    actions: Actions
    steps: Int[Tensor, " batch"]
    terms: Float[Tensor, "batch terms"]
    goals: Goals


@dataclass(frozen=True)
class Transition:
    """What one step gives: next state, its observation, the reward, its parts (the change of each term), the end."""

    state: State
    observations: Observations
    rewards: PerImage
    parts: Float[Tensor, "batch terms"]
    terminated: Bool[Tensor, " batch"]


def replace_rows(state: State, where: Int[Tensor, " some"], rows: State) -> State:
    """Return `state` with the given rows taken from `rows`."""
    names = ("ids", "actions", "steps", "terms", "goals")
    return State(**{name: getattr(state, name).index_copy(0, where, getattr(rows, name)) for name in names})
