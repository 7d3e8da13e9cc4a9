"""Batches of contexts, each from seed and number alone: a training that goes on needs no generator's state."""

import numpy as np
import torch
from torch import Tensor


def batch_of(count: int, size: int, seed: int, number: int) -> Tensor:
    """Return the indices of batch `number`: each epoch runs through all `count` contexts in an order of its own."""
    places = np.arange(number * size, (number + 1) * size)
    epochs = {epoch: _order(count, seed, int(epoch)) for epoch in np.unique(places // count)}
    return torch.tensor([epochs[place // count][place % count] for place in places])


def _order(count: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.default_rng(np.random.SeedSequence([seed, epoch])).permutation(count)
