"""Many episodes as one batch, arrays in and out: the part that every environment shares, whatever its interface."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.utils import seeding

from attiqa_core.errors import InputError, UsageError
from isp_env.core import IspCore, State, Transition, replace_rows
from isp_env.observe import LIMIT
from isp_env.reset_options import goal_of, image_of
from isp_env.reward import TERMS

Order = Literal["random", "in turn"]
RENDER_MODE = "rgb_array"
SLACK = 1e-6  # by which a float32 action may lie outside [-1, 1]


@dataclass(frozen=True)
class Stepped:
    """What a step gave to the rows that were stepped, on the host: parts are the columns `TERMS`."""

    observations: np.ndarray
    rewards: np.ndarray
    parts: np.ndarray
    ended: np.ndarray


class Episodes:
    """`count` episodes at a time on one core, each with its own seed; which of them start and step is the caller's to say.

    Where the task has goals, each episode draws its own, unless it is told them.

    Order "random" draws each raw uniformly. "in turn", row i of n walks the raws i, i + n, ... and then over again; where n does
    not divide their number, the walks are shifted so that the last rows have one raw more. That is how SB3's
    `evaluate_policy` shares out its episodes, so with as many episodes as raws it covers each raw once.
    """

    def __init__(self, core: IspCore, count: int, order: Order = "random"):
        """Raises: UsageError for a count that is no whole number above 0, or an unknown order."""
        check_count_and_order(count, order)
        self.core, self.count, self.order = core, int(count), order
        self.ids = np.zeros(count, np.int64)
        self.running = np.zeros(count, bool)
        self.generators, self.seeds = map(list, zip(*(seeding.np_random() for _ in range(count)), strict=True))
        self._turns = np.zeros(count, np.int64)
        self._state: State | None = None

    @property
    def names(self) -> list[str]:
        """The raw of each row."""
        return [self.core.names[image] for image in self.ids]

    def seed(self, seeds: Sequence[int | None], rows: np.ndarray) -> None:
        """Give rows new generators, None leaves one as it is."""
        for row, seed in zip(rows, seeds, strict=True):
            if seed is not None:
                self.generators[row], self.seeds[row] = seeding.np_random(seed)

    def walk_anew(self) -> None:
        """Let every row begin its walk again, where raws come in turn."""
        self._turns[:] = 0

    def start(self, rows: np.ndarray, options: Sequence[Mapping[str, Any] | None] | None = None) -> np.ndarray:
        """Begin an episode in each of the rows and return their first observations; options are one mapping a row.

        Raises: UsageError for options that cannot be taken; then no episode has begun.
        """
        given = [None] * len(rows) if options is None else options
        asked = [image_of(each, self.core.names) for each in given]
        wanted = [goal_of(each, self.core.task.goals) for each in given]
        self.ids[rows] = [
            self._next_image(row) if image is None else image for row, image in zip(rows, asked, strict=True)
        ]
        goals = [self._next_goal(row) if goal is None else goal for row, goal in zip(rows, wanted, strict=True)]
        if self._state is None:
            self._state, _ = self.core.reset(self._to_device(self.ids))
        fresh, observations = self.core.reset(
            self._to_device(self.ids[rows]), self._to_device(np.array(goals, np.float32))
        )
        self._state = replace_rows(self._state, self._to_device(rows), fresh)
        self.running[rows] = True
        return observations.cpu().numpy()

    def step(self, actions: np.ndarray, rows: np.ndarray) -> Stepped:
        """Take one step in each of the rows, whose actions are (rows, controls) as `as_actions` returns them.

        Raises: ResetNeeded for a row without a running episode; InputError as `check_actions` and `to_host`.
        """
        if self._state is None or not self.running[rows].all():
            raise ResetNeeded("there is no running episode: call reset first, and again after an episode has ended")
        names = [self.core.names[image] for image in self.ids[rows]]
        check_actions(actions, names, self.core)
        all_rows = len(rows) == self.count
        where = self._to_device(rows)
        state = self._state if all_rows else take_rows(self._state, where)
        transition = self.core.step(state, self._to_device(actions))
        stepped = to_host(transition, names)
        self._state = transition.state if all_rows else replace_rows(self._state, where, transition.state)
        self.running[rows[stepped.ended]] = False
        return stepped

    def pictures(self, rows: np.ndarray) -> list[np.ndarray]:
        """Return the rows' current pictures as uint8 (height, width, 3); after its end, the last of an episode.

        Raises: ResetNeeded before the first reset.
        """
        if self._state is None:
            raise ResetNeeded("there is no picture yet: call reset before render")
        state = take_rows(self._state, self._to_device(rows))
        with torch.no_grad():
            images, _ = self.core.render(state.ids, state.actions)
        return [(image * 255).round().byte().permute(1, 2, 0).cpu().numpy() for image in images]

    def stop(self) -> None:
        """End all episodes."""
        self.running[:] = False

    def _next_image(self, row: int) -> int:
        images = len(self.core)
        if self.order == "random":
            return int(self.generators[row].integers(images))
        first = (row + images % self.count) % self.count
        length = max(1, -(-(images - first) // self.count))
        image = (first + self.count * (self._turns[row] % length)) % images
        self._turns[row] += 1
        return int(image)

    def _next_goal(self, row: int) -> list[float]:
        """The row's own goals, drawn after its raw; of a task without goals nothing is drawn."""
        return self.core.draw_goals(self.generators[row], 1)[0].tolist() if self.core.goal_size else []

    def _to_device(self, array: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(array).to(self.core.device)


def check_count_and_order(count: int, order: Order) -> None:
    """Raise UsageError for a count that is no whole number above 0, or an unknown order."""
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise UsageError(f"num_envs={count!r}: give a whole number, 1 or more")
    if order not in get_args(Order):
        raise UsageError(f'order {order!r}: is not "random" or "in turn"')


def check_render_mode(render_mode: str | None) -> None:
    """Raise UsageError for a mode other than None and "rgb_array"."""
    if render_mode not in (None, RENDER_MODE):
        raise UsageError(f'render_mode {render_mode!r}: is not "{RENDER_MODE}", or None for no pictures')


def core_spaces(core: IspCore) -> tuple[spaces.Box, spaces.Box]:
    """Return observation and action space of a core."""
    observation_space = spaces.Box(-LIMIT, LIMIT, (core.observation_size,), np.float32)
    return observation_space, spaces.Box(-1.0, 1.0, (core.action_size,), np.float32)


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


def to_host(transition: Transition, names: Sequence[str]) -> Stepped:
    """Return what a step gave as NumPy arrays, by one copy from the device.

    Raises: InputError naming the image whose reward or observation is not finite.
    """
    columns = [transition.observations, transition.rewards[:, None], transition.parts, transition.terminated[:, None]]
    table = torch.cat([column.float() for column in columns], 1).cpu().numpy()
    if not np.isfinite(table).all():
        row = int(np.argwhere(~np.isfinite(table))[0, 0])
        raise InputError(
            f"{names[row]}: reward or observation is not finite for the parameters given; is the raw damaged?"
        )
    width = transition.observations.shape[1]
    return Stepped(table[:, :width], table[:, width], table[:, width + 1 : -1], table[:, -1] > 0.5)


def of_one_size(pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return pictures (height, width, 3) in the middle of black ones as large as the largest, so that they can be tiled."""
    height, width = np.max([picture.shape[:2] for picture in pictures], 0)
    framed = []
    for picture in pictures:
        more = (height - picture.shape[0], width - picture.shape[1])
        framed.append(np.pad(picture, (*((each // 2, each - each // 2) for each in more), (0, 0))))
    return framed


def take_rows(state: State, where: torch.Tensor) -> State:
    """Return the state of some of the episodes."""
    return State(**{field.name: getattr(state, field.name)[where] for field in fields(state)})


def parts_by_name(parts: np.ndarray) -> dict[str, float]:
    """Return one episode's parts of the reward by their names."""
    return dict(zip(TERMS, parts.tolist(), strict=True))
