"""One row of a batch of episodes, seen as an environment: what strangers' code asks of one copy by name."""

from typing import Any, NoReturn

import gymnasium
import numpy as np

from attiqa_core.errors import UsageError
from isp_env.episodes.batch import METADATA, Core, Episodes


class EpisodeView(gymnasium.Env):
    """`get_attr`, `set_attr`, `env_method` and `call` of the vector environments act on these, one for each row.

    It shows its own picture, raw and generator, holds any attribute that it is given, and cannot be stepped by itself.
    """

    metadata = METADATA

    def __init__(self, episodes: Episodes, row: int, render_mode: str | None):
        self._episodes, self._row, self.render_mode = episodes, np.array([row]), render_mode
        self.observation_space, self.action_space = episodes.observation_space, episodes.action_space

    @property
    def core(self) -> Core:
        return self._episodes.core

    @property
    def image(self) -> str:
        """The name of its raw."""
        return self._episodes.names[self._row[0]]

    @property
    def np_random(self) -> np.random.Generator:
        return self._episodes.generators[self._row[0]]

    @property
    def np_random_seed(self) -> int:
        return self._episodes.seeds[self._row[0]]

    def render(self) -> np.ndarray | None:
        return None if self.render_mode is None else self._episodes.pictures(self._row)[0]

    def reset(self, **options: Any) -> NoReturn:
        self._refuse()

    def step(self, action: Any) -> NoReturn:
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise UsageError("one copy of a batch cannot be stepped or reset by itself: use the vector environment")
