"""Episodes of tuning the ISP: an action is a number in [-1, 1] for each control of the task's profile."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from torch import Tensor

from attiqa_core.errors import InputError, UsageError
from isp_env.core import IspCore, State, Transition
from isp_env.episodes.batch import Episodes, Order
from isp_env.reward import TERMS
from isp_env.task import TOOLS_ID

SLACK = 1e-6  # by which a float32 action may lie outside [-1, 1]


class IspEpisodes(Episodes):
    """Episodes on an `IspCore`."""

    terms = TERMS

    def __init__(self, core: IspCore, count: int, order: Order = "random"):
        """Raises: UsageError for the core of another task."""
        if not isinstance(core, IspCore):
            where = f'"{TOOLS_ID}", or isp_env.tool_episodes.vec_env.ToolVecEnv'
            raise UsageError(f"core of type {type(core).__name__}: give an IspCore; a ToolCore is for {where}")
        super().__init__(core, count, order)
        self.core, self.goals = core, core.task.goals

    @property
    def action_space(self) -> spaces.Box:
        return spaces.Box(-1.0, 1.0, (self.core.action_size,), np.float32)

    def as_actions(self, given: Any, copies: tuple[int, ...] = ()) -> np.ndarray:
        return as_actions(given, (*copies, self.core.action_size))

    def _check(self, actions: np.ndarray, names: Sequence[str]) -> None:
        check_actions(actions, names, self.core)

    def _first(self, ids: Tensor, goals: Tensor) -> tuple[State, Tensor]:
        return self.core.reset(ids, goals)

    def _next(self, state: State, actions: Tensor) -> Transition:
        return self.core.step(state, actions)

    def _images(self, state: State) -> Iterable[Tensor]:
        return self.core.render(state.ids, state.actions)[0]


def as_actions(actions: Any, shape: tuple[int, ...]) -> np.ndarray:
    """Return actions as float32 of the given shape. Raises: UsageError for another shape, or what is no numbers."""
    array = np.asarray(actions)
    if array.dtype.kind not in "fiu":
        raise UsageError(f"action of type {array.dtype}: give numbers in [-1, 1], float32 of shape {shape}")
    if array.shape != shape:
        raise UsageError(f"action of shape {array.shape}: give shape {shape}, one number in [-1, 1] for each control")
    return array.astype(np.float32)


def check_actions(actions: np.ndarray, names: Sequence[str], core: IspCore) -> None:
    """Raise InputError naming image and parameter of an action that is not finite or leaves [-1, 1]."""
    wrong = ~(np.abs(actions) <= 1.0 + SLACK)  # also true for NaN
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        value = actions[row, column]
        raise InputError(
            f"{names[row]}: action {core.task.profile.names[column]}={value:g} is not a finite number in [-1, 1]"
        )
