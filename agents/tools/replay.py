"""A replay buffer of masked choices."""

import numpy as np
import torch
from torch import Tensor


class Replay:
    """The last `capacity` steps: observations with their masks, choices, rewards, what followed, and whether it ended there."""

    FIELDS = ("observations", "following", "choices", "rewards", "ended")

    def __init__(self, capacity: int, entries: int):
        self.capacity, self.position, self.filled = capacity, 0, 0
        self.observations = torch.zeros(capacity, entries)
        self.following = torch.zeros(capacity, entries)
        self.choices = torch.zeros(capacity, dtype=torch.int64)
        self.rewards, self.ended = torch.zeros(capacity), torch.zeros(capacity)

    def add(self, *steps: np.ndarray) -> None:
        """Take one step of every environment, in the order of FIELDS; the oldest make room."""
        count = len(steps[0])
        places = (self.position + torch.arange(count)) % self.capacity
        for name, values in zip(self.FIELDS, steps, strict=True):
            own: Tensor = getattr(self, name)
            own[places] = torch.as_tensor(values).to(own.dtype)
        self.position = (self.position + count) % self.capacity
        self.filled = min(self.capacity, self.filled + count)

    def sample(self, size: int, generator: torch.Generator) -> tuple[Tensor, ...]:
        """Return steps drawn with replacement, in the order of FIELDS."""
        places = torch.randint(self.filled, (size,), generator=generator)
        return tuple(getattr(self, name)[places] for name in self.FIELDS)

    def tensors(self) -> dict[str, Tensor]:
        """Return what is filled."""
        return {name: getattr(self, name)[: self.filled] for name in self.FIELDS}

    def restore(self, tensors: dict[str, Tensor], position: int) -> None:
        """Hold what `tensors` returned, the next step at `position`."""
        self.position, self.filled = position, len(tensors["rewards"])
        for name in self.FIELDS:
            getattr(self, name)[: self.filled] = tensors[name]
