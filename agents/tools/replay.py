"""A replay buffer: a table for each thing that is remembered of a step."""

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor


class Replay:
    """The last `capacity` steps. `entries`: by name, how many numbers are kept of each; 0: one, without an axis of its own."""

    def __init__(self, capacity: int, entries: Mapping[str, int], whole: tuple[str, ...] = ()):
        """`whole` names those that are whole numbers."""
        self.capacity, self.position, self.filled = capacity, 0, 0
        self.tables = {
            name: torch.zeros(
                (capacity, size) if size else capacity, dtype=torch.int64 if name in whole else torch.float32
            )
            for name, size in entries.items()
        }

    def add(self, *steps: np.ndarray) -> None:
        """Take one step of every environment, in the order of the tables; the oldest make room."""
        count = len(steps[0])
        places = (self.position + torch.arange(count)) % self.capacity
        for own, values in zip(self.tables.values(), steps, strict=True):
            own[places] = torch.as_tensor(values).to(own.dtype)
        self.position = (self.position + count) % self.capacity
        self.filled = min(self.capacity, self.filled + count)

    def sample(self, size: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return steps drawn with replacement, in the order of the tables."""
        places = torch.randint(self.filled, (size,), generator=generator)
        return tuple(table[places] for table in self.tables.values())

    def tensors(self) -> dict[str, Tensor]:
        """Return what is filled."""
        return {name: table[: self.filled] for name, table in self.tables.items()}

    def restore(self, tensors: dict[str, Tensor], position: int) -> None:
        """Hold what `tensors` returned, the next step at `position`."""
        self.position, self.filled = position, len(next(iter(tensors.values())))
        for name, table in self.tables.items():
            table[: self.filled] = tensors[name]
