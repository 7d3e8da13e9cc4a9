"""A moving average of a training's weights: what is kept instead of the last step's, which the last batches pull about."""

import contextlib
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel


def of(net: nn.Module, decay: float) -> AveragedModel:
    """Return the exponential moving average of the network's parameters, which begins as the network is.

    The decay rises to `decay` as (k + 1) / (k + 10) over the first steps, so that the start is soon forgotten.
    """

    def ramped(average: Tensor, current: Tensor, steps: Tensor | int) -> Tensor:
        now = min(decay, (float(steps) + 1) / (float(steps) + 10))
        return torch.lerp(current, average, now)

    averaged = AveragedModel(net, avg_fn=ramped)
    averaged.n_averaged.fill_(1)  # the start counts: the first update is not a copy
    return averaged


@contextlib.contextmanager
def in_place_of(net: nn.Module, averaged: AveragedModel | None) -> Iterator[None]:
    """A context in which the network has the averaged weights, if there are any."""
    if averaged is None:
        yield
        return
    own = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    net.load_state_dict(averaged.module.state_dict())
    try:
        yield
    finally:
        net.load_state_dict(own)


@torch.no_grad()
def blend(net: nn.Module, start: Mapping[str, Tensor], share: float) -> None:
    """Set each of the network's numbers to `share` of what it is and the rest of what it was at the start."""
    for name, now in net.state_dict().items():
        if now.is_floating_point():
            now.lerp_(start[name], 1 - share)
