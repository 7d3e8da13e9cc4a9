"""Episodes of picking tools: an action is a choice, or a choice and the level of its strength."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from torch import Tensor

from attiqa_core.errors import InputError, UsageError
from isp_env.episodes.batch import Episodes, Order
from isp_env.episodes.view import EpisodeView
from isp_env.tool_episodes.core import ToolCore
from isp_env.tool_episodes.state import ToolState, ToolTransition
from isp_env.tool_episodes.task import TERMS


class ToolEpisodes(Episodes):
    """Episodes on a `ToolCore`."""

    terms = TERMS

    def __init__(self, core: ToolCore, count: int, order: Order = "random"):
        super().__init__(core, count, order)
        self.core = core
        self.hybrid = core.task.formulation == "hybrid"
        self._levels = torch.tensor(core.task.levels, device=core.device)

    @property
    def action_space(self) -> spaces.Discrete | spaces.MultiDiscrete:
        """A choice, the stop is the last; of a hybrid task beside it the level of the strength."""
        count = self.core.action_count
        return spaces.MultiDiscrete([count, len(self._levels)]) if self.hybrid else spaces.Discrete(count)

    def as_actions(self, given: Any, copies: tuple[int, ...] = ()) -> np.ndarray:
        shape = (*copies, 2) if self.hybrid else copies
        array = np.asarray(given)
        what = "a choice and a level" if self.hybrid else "a choice"
        if array.dtype.kind not in "iu":
            raise UsageError(f"action of type {array.dtype}: give whole numbers, {what} for each episode")
        if array.shape != shape:
            raise UsageError(f"action of shape {array.shape}: give shape {shape}, {what} for each episode")
        return array.astype(np.int64)

    def _check(self, actions: np.ndarray, names: Sequence[str]) -> None:
        counts = np.array([self.core.action_count, len(self._levels)])
        table = actions.reshape(len(names), -1)
        wrong = (table < 0) | (table >= counts[: table.shape[1]])
        if wrong.any():
            row, column = (int(place) for place in np.argwhere(wrong)[0])
            said = (f"choice {table[row, 0]}: there are {len(self.core.tools)} tools from 0 on, and the stop, {self.core.stop}",
                    f"level {table[row, -1]}: there are {len(self._levels)} from 0 on")  # fmt: skip
            raise UsageError(f"{names[row]}: {said[column]}")

    def masks(self) -> np.ndarray:
        """Return what each episode's next action may be, a row for each: `ToolCore.masks`, of a hybrid task followed by a True for
        each level. Before the first reset everything may."""
        width = self.core.action_count
        allowed = np.ones((self.count, width + (len(self._levels) if self.hybrid else 0)), bool)
        if self._state is not None:
            allowed[:, :width] = self.core.masks(self._state).cpu().numpy()
        return allowed

    def rewards(self, actions: np.ndarray) -> np.ndarray:
        """Return what one action for each episode would be paid; they stay where they are.

        Raises: ResetNeeded before the first reset; UsageError for what is no action; InputError for a reward that is not finite.
        """
        if self._state is None:
            raise ResetNeeded("there is no running episode: call reset first")
        self._check(actions, self.names)
        chosen = self._to_device(actions)
        tools, strengths = (chosen[:, 0], self._levels[chosen[:, 1]]) if self.hybrid else (chosen, None)
        paid = self.core.rewards(self._state, tools, strengths).cpu().numpy()
        if not np.isfinite(paid).all():
            raise InputError(
                f"{self.names[int(np.isfinite(paid).argmin())]}: a tool's reward is not finite; is the picture damaged?"
            )
        return paid

    def _first(self, ids: Tensor, goals: Tensor) -> tuple[ToolState, Tensor]:
        return self.core.reset(ids)

    def _next(self, state: ToolState, actions: Tensor) -> ToolTransition:
        if not self.hybrid:
            return self.core.step(state, actions)
        return self.core.step(state, actions[:, 0], self._levels[actions[:, 1]])

    def _images(self, state: ToolState) -> Iterable[Tensor]:
        return state.images


class ToolEpisodeView(EpisodeView):
    """One row of a batch of episodes, with the masks that MaskablePPO asks each copy for."""

    _episodes: ToolEpisodes

    def action_masks(self) -> np.ndarray:
        """Return what may be chosen next in this row."""
        return self._episodes.masks()[self._row[0]]
