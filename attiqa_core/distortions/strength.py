"""What every way to spoil a picture shares: how a strength becomes an amount, and draws that follow a generator."""

from collections.abc import Sequence

import torch
from torch import Tensor


def between(ends: tuple[float, float], strength: float) -> float:
    """Return the amount of a strength in [0, 1], on the line between the amounts of 0 and of 1."""
    return ends[0] + (ends[1] - ends[0]) * strength


def uniform(shape: Sequence[int], like: Tensor, generator: torch.Generator) -> Tensor:
    """Return numbers drawn from [0, 1), on the device and of the type of `like`."""
    return torch.rand(tuple(shape), generator=generator, device=generator.device).to(like)


def normal(shape: Sequence[int], like: Tensor, generator: torch.Generator) -> Tensor:
    """Return numbers drawn from the standard normal distribution, on the device and of the type of `like`."""
    return torch.randn(tuple(shape), generator=generator, device=generator.device).to(like)
