"""Many episodes as one batch, arrays in and out: the part that every environment shares, whatever its interface."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, get_args

import numpy as np
import torch
from gymnasium import spaces
from gymnasium.error import ResetNeeded
from gymnasium.utils import seeding

from attiqa_core.errors import InputError, UsageError
from isp_env.episodes.goals import drawn
from isp_env.episodes.reset_options import goal_of, image_of
from isp_env.episodes.state import replace_rows, take_rows
from isp_env.observe import LIMIT

Order = Literal["random", "in turn"]
RENDER_MODE = "rgb_array"
METADATA = {"render_modes": [RENDER_MODE], "render_fps": 1}


@dataclass(frozen=True)
class Stepped:
    """What a step gave to the rows that were stepped, on the host: parts are the columns `Episodes.terms`."""

    observations: np.ndarray
    rewards: np.ndarray
    parts: np.ndarray
    ended: np.ndarray


class Core(Protocol):
    """What episodes run on: pictures to start from, on a device."""

    @property
    def names(self) -> Sequence[str]: ...

    @property
    def device(self) -> torch.device: ...

    @property
    def observation_size(self) -> int: ...

    def __len__(self) -> int: ...


class Led(Protocol):
    """What a step of a core leads to, as tensors; `state` is a dataclass of tensors with a row for each episode."""

    @property
    def state(self) -> Any: ...

    @property
    def observations(self) -> torch.Tensor: ...

    @property
    def rewards(self) -> torch.Tensor: ...

    @property
    def parts(self) -> torch.Tensor: ...

    @property
    def terminated(self) -> torch.Tensor: ...


class Episodes(ABC):
    """`count` episodes at a time on one core, each with its own seed; which of them start and step is the caller's to say.

    Where the task has goals, each episode draws its own, unless it is told them. What an action is, and what a core makes of it,
    is said by who inherits: `IspEpisodes`, `ToolEpisodes`.

    Order "random" draws each raw uniformly. "in turn", row i of n walks the raws i, i + n, ... and then over again; where n does
    not divide their number, the walks are shifted so that the last rows have one raw more. That is how SB3's
    `evaluate_policy` shares out its episodes, so with as many episodes as raws it covers each raw once.
    """

    terms: tuple[str, ...]
    """The names of the reward's parts."""
    goals: tuple[str, ...] = ()
    """What varies by episode, and is drawn for each."""

    def __init__(self, core: Core, count: int, order: Order = "random"):
        """Raises: UsageError for a count that is no whole number above 0, or an unknown order."""
        check_count_and_order(count, order)
        self.core, self.count, self.order = core, int(count), order
        self.ids, self.lengths = np.zeros(count, np.int64), np.zeros(count, np.int64)
        self.running = np.zeros(count, bool)
        self.generators, self.seeds = map(list, zip(*(seeding.np_random() for _ in range(count)), strict=True))
        self._turns = np.zeros(count, np.int64)
        self._state: Any = None

    @property
    def observation_space(self) -> spaces.Box:
        return spaces.Box(-LIMIT, LIMIT, (self.core.observation_size,), np.float32)

    @property
    @abstractmethod
    def action_space(self) -> spaces.Space: ...

    @abstractmethod
    def as_actions(self, given: Any, copies: tuple[int, ...] = ()) -> np.ndarray:
        """Return actions as an array of one for each copy. Raises: UsageError for another shape, or another type."""

    @abstractmethod
    def _check(self, actions: np.ndarray, names: Sequence[str]) -> None:
        """Raise UsageError or InputError, naming the picture, for a value that is no action."""

    @abstractmethod
    def _first(self, ids: torch.Tensor, goals: torch.Tensor) -> tuple[Any, torch.Tensor]:
        """The first states and observations on these pictures."""

    @abstractmethod
    def _next(self, state: Any, actions: torch.Tensor) -> Led:
        """What the actions lead to."""

    @abstractmethod
    def _images(self, state: Any) -> Iterable[torch.Tensor]:
        """The current pictures, each (3, height, width)."""

    @property
    def names(self) -> list[str]:
        """The raw of each row."""
        return [self.core.names[int(image)] for image in self.ids]

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
        told = [goal_of(each, self.goals) for each in given]
        self.ids[rows] = [
            self._next_image(row) if image is None else image for row, image in zip(rows, asked, strict=True)
        ]
        goals = [self._next_goal(row) if goal is None else goal for row, goal in zip(rows, told, strict=True)]
        if self._state is None:
            nothing = np.zeros((self.count, len(self.goals)), np.float32)
            self._state, _ = self._first(self._to_device(self.ids), self._to_device(nothing))
        wanted = np.array(goals, np.float32).reshape(len(rows), len(self.goals))
        fresh, observations = self._first(self._to_device(self.ids[rows]), self._to_device(wanted))
        self._state = replace_rows(self._state, self._to_device(rows), fresh)
        self.running[rows], self.lengths[rows] = True, 0
        return observations.cpu().numpy()

    def step(self, actions: np.ndarray, rows: np.ndarray) -> Stepped:
        """Take one step in each of the rows, whose actions are as `as_actions` returns them.

        Raises: ResetNeeded for a row without a running episode; for what is no action; InputError as `to_host`.
        """
        if self._state is None or not self.running[rows].all():
            raise ResetNeeded("there is no running episode: call reset first, and again after an episode has ended")
        names = [self.core.names[int(image)] for image in self.ids[rows]]
        self._check(actions, names)
        all_rows = len(rows) == self.count
        where = self._to_device(rows)
        state = self._state if all_rows else take_rows(self._state, where)
        transition = self._next(state, self._to_device(actions))
        stepped = to_host(transition, names)
        self._state = transition.state if all_rows else replace_rows(self._state, where, transition.state)
        self.running[rows[stepped.ended]] = False
        self.lengths[rows] += 1
        return stepped

    def pictures(self, rows: np.ndarray) -> list[np.ndarray]:
        """Return the rows' current pictures as uint8 (height, width, 3); after its end, the last of an episode.

        Raises: ResetNeeded before the first reset.
        """
        if self._state is None:
            raise ResetNeeded("there is no picture yet: call reset before render")
        state = take_rows(self._state, self._to_device(rows))
        with torch.no_grad():
            images = self._images(state)
        return [(image * 255).round().byte().permute(1, 2, 0).cpu().numpy() for image in images]

    def parts_by_name(self, parts: np.ndarray) -> dict[str, float]:
        """Return one episode's parts of the reward by their names."""
        return dict(zip(self.terms, parts.tolist(), strict=True))

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
        return drawn(self.generators[row], 1, len(self.goals))[0].tolist() if self.goals else []

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


def to_host(transition: Led, names: Sequence[str]) -> Stepped:
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
