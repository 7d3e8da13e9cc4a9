"""Several processes as one training: what torchrun starts, and what makes its loss and weights those of one process.

Each process sees its share of every batch. Scores and labels are gathered, so that pairs run across the whole batch;
`DistributedDataParallel` averages the gradients, and batch normalisation takes its statistics over all processes.
Only what the degradation teacher draws is another thing with another number of processes: each draws for its own share.
"""

import contextlib
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import timm.layers
import torch
from torch import Tensor, distributed, nn
from torch.nn.modules.batchnorm import _BatchNorm

PATIENCE = timedelta(minutes=30)
"""How long a process waits for another one, which may be measuring the held-out photos."""


@contextlib.contextmanager
def joined(device: torch.device) -> Iterator[torch.device]:
    """Join the processes that torchrun started, if it did, and yield this one's device."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield device
        return
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    try:
        yield device
    finally:
        distributed.destroy_process_group()


def is_on() -> bool:
    """Whether this process is one of several."""
    return distributed.is_available() and distributed.is_initialized()


def rank() -> int:
    """Return this process's number, 0 where it is alone."""
    return distributed.get_rank() if is_on() else 0


def count() -> int:
    """Return the number of processes."""
    return distributed.get_world_size() if is_on() else 1


def is_first() -> bool:
    """Whether this is the process that writes files and shows progress."""
    return rank() == 0


def wait() -> None:
    """Wait until every process is here."""
    if is_on():
        distributed.barrier()


def gathered(part: Tensor) -> Tensor:
    """Return the parts of all processes, in order, joined along the first axis; all have the same shape.

    Gradients flow to this process's own part, times the number of processes, since DistributedDataParallel averages
    where a loss over the whole batch asks for the sum.
    """
    if not is_on():
        return part
    parts = [torch.empty_like(part, memory_format=torch.contiguous_format) for _ in range(count())]
    distributed.all_gather(parts, part.detach().contiguous())
    parts[rank()] = part
    if part.requires_grad:
        parts[rank()] = part.clone()
        parts[rank()].register_hook(lambda gradient: gradient * count())
    return torch.cat(parts)


def gathered_objects(part: object) -> list:
    """Return every process's object, in order."""
    if not is_on():
        return [part]
    parts: list = [None] * count()
    distributed.all_gather_object(parts, part)
    return parts


def gathered_groups(groups: Tensor, across_photos: bool) -> Tensor:
    """Return the groups of all processes, joined; unless all pairs are comparable, those of two processes are apart."""
    return gathered(groups if across_photos else groups + rank() * len(groups))


def synchronise_batch_norms(net: nn.Module, device: torch.device) -> None:
    """Let every batch normalisation of `net` take its statistics over all processes; names and weights stay."""
    if not is_on():
        return
    if device.type == "cuda":
        for name, child in list(net.named_children()):
            setattr(net, name, timm.layers.convert_sync_batchnorm(child))
        return
    for module in list(net.modules()):
        for name, child in list(module.named_children()):
            if isinstance(child, _BatchNorm):
                setattr(module, name, _AllReducedBatchNorm.of(child))


class _Sum(torch.autograd.Function):
    """The sum over all processes; its gradient is the sum of theirs."""

    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:
        total = part.contiguous().clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return _Sum.forward(ctx, gradients[0])


class _AllReducedBatchNorm(_BatchNorm):
    """Batch normalisation over all processes on the CPU, where torch's SyncBatchNorm refuses to work.

    Every process must hold the same number of images. timm's activation after the normalisation is kept.
    """

    drop: nn.Module
    act: nn.Module

    @classmethod
    def of(cls, norm: _BatchNorm) -> "_AllReducedBatchNorm":
        made = cls(norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
        made._parameters, made._buffers, made.training = norm._parameters, norm._buffers, norm.training
        made.drop, made.act = getattr(norm, "drop", nn.Identity()), getattr(norm, "act", nn.Identity())
        return made

    def _check_input_dim(self, input: Tensor) -> None:
        pass

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return self.act(self.drop(super().forward(input)))
        axes = [axis for axis in range(input.ndim) if axis != 1]
        shape = [1, -1, *[1] * (input.ndim - 2)]
        mean = _Sum.apply(input.mean(axes)) / count()
        centred = input - mean.view(shape)
        variance = _Sum.apply(centred.square().mean(axes)) / count()
        self._remember(mean.detach(), variance.detach(), count() * input.numel() // input.shape[1])
        out = centred * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            out = out * self.weight.view(shape) + self.bias.view(shape)
        return self.act(self.drop(out))

    def _remember(self, mean: Tensor, variance: Tensor, samples: int) -> None:
        """Move the running statistics on, the variance unbiased, as torch does."""
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        assert self.momentum is not None
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * samples / (samples - 1), self.momentum)
