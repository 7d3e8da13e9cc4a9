"""The one epoch loop behind every training: batches, seeds, schedule, accumulation, exact resume."""

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor, nn

from attiqa_core.errors import InputError
from attiqa_core.runs.metrics import append_metrics
from attiqa_core.runs.progress import progress as progress_bar
from attiqa_core.training import averaging, distributed
from attiqa_core.training.checkpoint import Progress, restore, save_checkpoint

Losses = Callable[..., Iterator[Tensor]]
"""`losses(generator)` yields one loss per micro-batch of an epoch; all randomness comes from the generator it is given.
`losses(generator, first)` leaves out the first steps of the same epoch; only `checkpoint_minutes` ever asks for that."""


def learning_rate_factor(step: int, total: int, warmup: float) -> float:
    """Return the factor on the base learning rate: linear warm-up over the share `warmup`, then a cosine to zero."""
    rising = max(1, round(total * warmup))
    if step < rising:
        return (step + 1) / rising
    return half_cosine(step - rising, max(1, total - rising))


def half_cosine(done: float, total: float) -> float:
    """Return what is left of 1 on its way to 0 after `done` of `total`, along half a cosine."""
    return 0.5 * (1 + math.cos(math.pi * done / total))


def batches(order: Int[Tensor, " images"], size: int, least: int = 1) -> list[Int[Tensor, " batch"]]:
    """Return all of `order` in batches of `size`; the last may be smaller, but what is below `least` joins the one before.

    A single image is better not left alone: it has no batch statistics, no pair and no correlation.
    """
    parts = [*order.split(size)]
    if len(parts) > 1 and len(parts[-1]) < min(least, size):
        *parts, before, rest = parts
        parts.append(torch.cat([before, rest]))
    return parts


def seed_from(*numbers: int) -> int:
    """Return a 64-bit seed that depends on all the numbers, modulo 2**64, and on their order."""
    words = np.array([number % 2**64 for number in numbers], np.uint64).view(np.uint32)
    return int(np.random.SeedSequence(words.tolist()).generate_state(1, np.uint64)[0])


def train(
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    losses: Losses,
    *,
    epochs: int,
    steps_per_epoch: int,
    images_per_epoch: int = 0,
    accumulate: int = 1,
    warmup: float = 0.1,
    clip_norm: float = math.inf,
    average: float = 0.0,
    seed: int = 0,
    run: Path | None = None,
    checkpoint_minutes: float = math.inf,
    after_epoch: Callable[[], dict] = dict,
    label: str = "train",
    quiet: bool = False,
) -> None:
    """Train `net` in place for `epochs`; with a run folder, checkpoint after each epoch and go on from the last one.

    A step takes the mean gradient of `accumulate` losses, its norm cut down to `clip_norm`. With `average`, what is kept
    and what `after_epoch` sees is the moving average of the weights (`averaging`). `checkpoint_minutes` stores long epochs half-way, too.
    Randomness, dropout included, depends on seed, epoch and step alone, so a resumed run equals an unbroken one.
    Of several processes (`distributed`) the first writes. A row of `metrics.jsonl` has epoch, loss, learning_rate,
    seconds (without checkpoints and `after_epoch`), images_per_second if `images_per_epoch` is given, and what
    `after_epoch` returns.
    """
    base_rates = [group["lr"] for group in optimizer.param_groups]
    averaged = averaging.of(net, average) if average else None
    modules = {"net": net} if averaged is None else {"net": net, "average": averaged}
    progress = restore(run, modules, optimizer) if run else Progress()
    total = epochs * steps_per_epoch
    writing = run if distributed.is_first() else None
    done = progress.epoch * steps_per_epoch + progress.step
    hidden = quiet or not distributed.is_first()
    bar = progress_bar(total=total, done=done, label=label, unit="step", hidden=hidden)
    saved = time.monotonic()

    def set_learning_rate(step: int) -> None:
        for group, rate in zip(optimizer.param_groups, base_rates, strict=True):
            group["lr"] = rate * learning_rate_factor(step, total, warmup)

    with torch.random.fork_rng(_cuda_devices(optimizer)):
        while progress.epoch < epochs:
            net.train()
            for _ in _steps(
                optimizer, losses, progress, steps_per_epoch, accumulate, clip_norm, seed, set_learning_rate
            ):
                if averaged is not None:
                    averaged.update_parameters(net)
                bar.update()
                if writing and time.monotonic() - saved >= 60 * checkpoint_minutes:
                    _mean_loss(progress, progress.step)
                    save_checkpoint(writing, modules, optimizer, progress)
                    saved = time.monotonic()
            set_learning_rate(progress.epoch * steps_per_epoch + steps_per_epoch - 1)  # if all was done before a kill
            row = _row(progress, steps_per_epoch, images_per_epoch, optimizer.param_groups[0]["lr"])
            bar.set_postfix(epoch=row["epoch"], loss=f"{row['loss']:.4f}", refresh=False)
            with averaging.in_place_of(net, averaged):
                measured = after_epoch()
            progress = Progress(progress.epoch + 1)
            if writing:
                append_metrics(writing, {**row, **measured})
                save_checkpoint(writing, modules, optimizer, progress)
                saved = time.monotonic()
    if averaged is not None:
        net.load_state_dict(averaged.module.state_dict())
    bar.close()


def _steps(
    optimizer: torch.optim.Optimizer,
    losses: Losses,
    progress: Progress,
    steps: int,
    accumulate: int,
    clip_norm: float,
    seed: int,
    set_learning_rate: Callable[[int], None],
) -> Iterator[None]:
    """Take the steps that the epoch still lacks, counting them in `progress`; yields after each."""
    epoch_seed = 1_000_003 * seed + progress.epoch
    generator = torch.Generator().manual_seed(epoch_seed)
    arriving = losses(generator, progress.step) if progress.step else losses(generator)
    for step in range(progress.step, steps):
        began = time.perf_counter()
        set_learning_rate(progress.epoch * steps + step)
        torch.manual_seed(seed_from(epoch_seed, step, distributed.rank()))  # dropout's
        optimizer.zero_grad(set_to_none=True)
        for _ in range(accumulate):
            loss = next(arriving) / accumulate
            loss.backward()
            progress.loss_sum = progress.loss_sum + loss.detach().double()
        if clip_norm < math.inf:
            learned = [parameter for group in optimizer.param_groups for parameter in group["params"]]
            torch.nn.utils.clip_grad_norm_(learned, clip_norm)
        optimizer.step()
        progress.step = step + 1
        if progress.step == steps:
            progress.loss_sum = progress.loss_sum.cpu()  # waits for the device, so that the seconds are true
        progress.seconds += time.perf_counter() - began
        yield


def _row(progress: Progress, steps: int, images_per_epoch: int, learning_rate: float) -> dict:
    """The epoch as a line of metrics.jsonl; `learning_rate` is its last step's, of the first parameter group."""
    loss = _mean_loss(progress, steps)
    row = {"epoch": progress.epoch + 1, "loss": loss, "learning_rate": learning_rate, "seconds": progress.seconds}
    return row | ({"images_per_second": images_per_epoch / progress.seconds} if images_per_epoch else {})


def _mean_loss(progress: Progress, steps: int) -> float:
    loss = float(progress.loss_sum) / steps
    if not math.isfinite(loss):
        raise InputError(f"epoch {progress.epoch + 1}: the loss is {loss}; lower the learning rate with --lr")
    return loss


def _cuda_devices(optimizer: torch.optim.Optimizer) -> list[torch.device]:
    """The CUDA devices whose global generator a step may use."""
    parameters = (parameter for group in optimizer.param_groups for parameter in group["params"])
    return list({parameter.device for parameter in parameters if parameter.is_cuda})
