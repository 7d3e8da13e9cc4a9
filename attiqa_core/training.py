"""The one epoch loop behind pretraining and fine-tuning: schedule, precision, checkpoints, exact resume."""

import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from attiqa_core.errors import InputError
from attiqa_core.runs import append_metrics, load_tensors, save_tensors, write_text

CHECKPOINT = "checkpoint.safetensors"

Losses = Callable[[torch.Generator], Iterator[Tensor]]
"""Yields one loss per step of an epoch; all randomness comes from the generator it is given."""


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
    warmup: float = 0.1,
    seed: int = 0,
    run: Path | None = None,
    after_epoch: Callable[[], dict] = dict,
    label: str = "train",
    quiet: bool = False,
) -> None:
    """Train `net` in place for `epochs`; with a run folder, checkpoint after each epoch and go on from the last one.

    The randomness of an epoch depends on `seed` and the epoch alone, so a resumed run equals an unbroken one.
    """
    base_rates = [group["lr"] for group in optimizer.param_groups]
    first = restore(run, net, optimizer) if run else 0
    total = epochs * steps_per_epoch
    bar = tqdm(total=total, initial=first * steps_per_epoch, desc=label, unit="step", disable=True if quiet else None)
    for epoch in range(first, epochs):
        net.train()
        summed = torch.zeros(())
        generator = torch.Generator().manual_seed(1_000_003 * seed + epoch)
        for step, loss in enumerate(losses(generator), start=epoch * steps_per_epoch):
            factor = learning_rate_factor(step, total, warmup)
            for group, rate in zip(optimizer.param_groups, base_rates, strict=True):
                group["lr"] = rate * factor
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            summed = summed + loss.detach().cpu()
            bar.update()
        mean_loss = float(summed) / steps_per_epoch
        if not math.isfinite(mean_loss):
            raise InputError(f"epoch {epoch + 1}: the loss is {mean_loss}; lower the learning rate with --lr")
        bar.set_postfix(epoch=epoch + 1, loss=f"{mean_loss:.4f}")
        if run:
            append_metrics(run, {"epoch": epoch + 1, "loss": mean_loss, **after_epoch()})
            save_checkpoint(run, net, optimizer, epoch + 1)
    bar.close()


def save_checkpoint(run: Path, net: nn.Module, optimizer: torch.optim.Optimizer, epoch: int) -> None:
    """Write weights, optimiser state and the number of finished epochs, atomically."""
    tensors = {f"net.{name}": tensor for name, tensor in net.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": torch.as_tensor(value) for name, value in state.items()}
    save_tensors(run / CHECKPOINT, {**tensors, "epoch": torch.tensor(epoch)})


def restore(run: Path, net: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Load the run's checkpoint if there is one and return the number of finished epochs, else 0."""
    if not (run / CHECKPOINT).exists():
        return 0
    tensors = load_tensors(run / CHECKPOINT)
    epoch = int(tensors.pop("epoch"))
    net.load_state_dict({name[4:]: tensor for name, tensor in tensors.items() if name.startswith("net.")})
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith("optimizer."):
            _, index, field = name.split(".", 2)
            state.setdefault(int(index), {})[field] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    _forget_metrics_after(run, epoch)
    return epoch


def _forget_metrics_after(run: Path, epoch: int) -> None:
    """Drop the rows of an epoch that was logged but not checkpointed, so that each epoch stands once."""
    path = run / "metrics.jsonl"
    if path.exists():
        rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
        write_text(path, "".join(json.dumps(row) + "\n" for row in rows if row["epoch"] <= epoch))
