"""The one epoch loop behind every training: schedule, accumulation, checkpoints, exact resume."""

import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from attiqa_core.errors import InputError
from attiqa_core.files import write_text
from attiqa_core.runs import append_metrics
from attiqa_core.runs import progress as progress_bar
from attiqa_core.tensor_files import load_tensors, save_tensors
from attiqa_core.training import distributed

CHECKPOINT = "checkpoint.safetensors"

Losses = Callable[..., Iterator[Tensor]]
"""`losses(generator)` yields one loss per micro-batch of an epoch; all randomness comes from the generator it is given.
`losses(generator, first)` leaves out the first steps of the same epoch; only `checkpoint_minutes` ever asks for that."""


@dataclass
class Progress:
    """How far a training is: whole epochs, steps of the next one, and that epoch's summed loss and seconds so far."""

    epoch: int = 0
    step: int = 0
    loss_sum: Tensor = field(default_factory=lambda: torch.zeros((), dtype=torch.float64))
    seconds: float = 0.0


def learning_rate_factor(step: int, total: int, warmup: float) -> float:
    """Return the factor on the base learning rate: linear warm-up over the share `warmup`, then a cosine to zero."""
    rising = max(1, round(total * warmup))
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, total - rising)))


def train(
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    losses: Losses,
    *,
    epochs: int,
    steps_per_epoch: int,
    images_per_step: int = 0,
    accumulate: int = 1,
    warmup: float = 0.1,
    seed: int = 0,
    run: Path | None = None,
    checkpoint_minutes: float = math.inf,
    after_epoch: Callable[[], dict] = dict,
    label: str = "train",
    quiet: bool = False,
) -> None:
    """Train `net` in place for `epochs`; with a run folder, checkpoint after each epoch and go on from the last one.

    A step takes the mean gradient of `accumulate` losses. `checkpoint_minutes` stores long epochs half-way, too.
    Randomness, dropout included, depends on seed, epoch and step alone, so a resumed run equals an unbroken one.
    Of several processes (`distributed`) the first writes. A row of `metrics.jsonl` has epoch, loss, learning_rate,
    seconds (without checkpoints and `after_epoch`), images_per_second if `images_per_step` is given, and what
    `after_epoch` returns.
    """
    base_rates = [group["lr"] for group in optimizer.param_groups]
    progress = restore(run, net, optimizer) if run else Progress()
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
            for _ in _steps(optimizer, losses, progress, steps_per_epoch, accumulate, seed, set_learning_rate):
                bar.update()
                if writing and time.monotonic() - saved >= 60 * checkpoint_minutes:
                    _mean_loss(progress, progress.step)
                    save_checkpoint(writing, net, optimizer, progress)
                    saved = time.monotonic()
            set_learning_rate(progress.epoch * steps_per_epoch + steps_per_epoch - 1)  # if all was done before a kill
            row = _row(progress, steps_per_epoch, images_per_step, optimizer.param_groups[0]["lr"])
            bar.set_postfix(epoch=row["epoch"], loss=f"{row['loss']:.4f}", refresh=False)
            measured = after_epoch()
            progress = Progress(progress.epoch + 1)
            if writing:
                append_metrics(writing, {**row, **measured})
                save_checkpoint(writing, net, optimizer, progress)
                saved = time.monotonic()
    bar.close()


def _steps(
    optimizer: torch.optim.Optimizer,
    losses: Losses,
    progress: Progress,
    steps: int,
    accumulate: int,
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
        torch.manual_seed(hash((epoch_seed, step, distributed.rank())))  # dropout's; hash() of integers is fixed
        optimizer.zero_grad(set_to_none=True)
        for _ in range(accumulate):
            loss = next(arriving) / accumulate
            loss.backward()
            progress.loss_sum = progress.loss_sum + loss.detach().double()
        optimizer.step()
        progress.step = step + 1
        if progress.step == steps:
            progress.loss_sum = progress.loss_sum.cpu()  # waits for the device, so that the seconds are true
        progress.seconds += time.perf_counter() - began
        yield


def _row(progress: Progress, steps: int, images_per_step: int, learning_rate: float) -> dict:
    """The epoch as a line of metrics.jsonl; `learning_rate` is its last step's, of the first parameter group."""
    loss = _mean_loss(progress, steps)
    row = {"epoch": progress.epoch + 1, "loss": loss, "learning_rate": learning_rate, "seconds": progress.seconds}
    return row | ({"images_per_second": steps * images_per_step / progress.seconds} if images_per_step else {})


def _mean_loss(progress: Progress, steps: int) -> float:
    loss = float(progress.loss_sum) / steps
    if not math.isfinite(loss):
        raise InputError(f"epoch {progress.epoch + 1}: the loss is {loss}; lower the learning rate with --lr")
    return loss


def _cuda_devices(optimizer: torch.optim.Optimizer) -> list[torch.device]:
    """The CUDA devices whose global generator a step may use."""
    parameters = (parameter for group in optimizer.param_groups for parameter in group["params"])
    return list({parameter.device for parameter in parameters if parameter.is_cuda})


def save_checkpoint(run: Path, net: nn.Module, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    """Write weights, optimiser state and progress, atomically."""
    tensors = {f"net.{name}": tensor for name, tensor in net.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": torch.as_tensor(value) for name, value in state.items()}
    standing = {name: torch.as_tensor(value, dtype=torch.float64) for name, value in vars(progress).items()}
    save_tensors(run / CHECKPOINT, {**tensors, **{f"progress.{name}": value for name, value in standing.items()}})


def restore(run: Path, net: nn.Module, optimizer: torch.optim.Optimizer) -> Progress:
    """Load the run's checkpoint if there is one and return how far it is.

    Raises: InputError if the checkpoint is of another network or optimiser.
    """
    path = run / CHECKPOINT
    if not path.exists():
        return Progress()
    tensors = load_tensors(path)
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, index, part = name.split(".", 2)
            state.setdefault(int(index), {})[part] = tensor
    try:
        net.load_state_dict({name[4:]: tensor for name, tensor in tensors.items() if name.startswith("net.")})
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
        epoch, step, seconds = (tensors[f"progress.{name}"].item() for name in ("epoch", "step", "seconds"))
    except (RuntimeError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: is of another network or optimiser ({reason}); resume with its options") from error
    if distributed.is_first():
        _forget_metrics_after(run, int(epoch))
    return Progress(int(epoch), int(step), tensors["progress.loss_sum"], seconds)


def _forget_metrics_after(run: Path, epoch: int) -> None:
    """Drop the rows of an epoch that was logged but not checkpointed, so that each epoch stands once."""
    path = run / "metrics.jsonl"
    if path.exists():
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
        write_text(path, "".join(json.dumps(row) + "\n" for row in rows if row["epoch"] <= epoch))
