"""Where episodes stand, and what a step leads to."""

from dataclasses import dataclass, fields
from typing import Any, TypeVar

from jaxtyping import Bool, Float, Int
from torch import Tensor

from attiqa_core.tensors import PerImage
from isp_env.episodes.goals import Goals

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


AnyState = TypeVar("AnyState", bound=Any)
"""A frozen dataclass of tensors, a row for each episode."""


def take_rows(state: AnyState, where: Int[Tensor, " some"]) -> AnyState:
    """Return the state of some of the episodes."""
    return type(state)(**{field.name: getattr(state, field.name)[where] for field in fields(state)})


def replace_rows(state: AnyState, where: Int[Tensor, " some"], rows: AnyState) -> AnyState:
    """Return `state` with the given rows taken from `rows`."""
    names = [field.name for field in fields(state)]
    return type(state)(**{name: getattr(state, name).index_copy(0, where, getattr(rows, name)) for name in names})
