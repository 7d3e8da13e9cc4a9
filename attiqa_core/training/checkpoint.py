"""A training's state on disk: weights, optimiser and progress in one safetensors file, from which it goes on exactly."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn

from attiqa_core.errors import InputError
from attiqa_core.files import write_text
from attiqa_core.tensor_files import load_tensors, save_tensors
from attiqa_core.training import distributed

CHECKPOINT = "checkpoint.safetensors"


@dataclass
class Progress:
    """How far a training is: whole epochs, steps of the next one, and that epoch's summed loss and seconds so far."""

    epoch: int = 0
    step: int = 0
    loss_sum: Tensor = field(default_factory=lambda: torch.zeros((), dtype=torch.float64))
    seconds: float = 0.0


def save_checkpoint(
    run: Path, modules: Mapping[str, nn.Module], optimizer: torch.optim.Optimizer, progress: Progress
) -> None:
    """Write the weights of named modules, optimiser state and progress, atomically."""
    tensors = {f"{part}.{name}": each for part, module in modules.items() for name, each in module.state_dict().items()}
    for index, state in optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer.{index}.{name}": torch.as_tensor(value) for name, value in state.items()}
    standing = {name: torch.as_tensor(value, dtype=torch.float64) for name, value in vars(progress).items()}
    save_tensors(run / CHECKPOINT, {**tensors, **{f"progress.{name}": value for name, value in standing.items()}})


def is_begun(run: Path | None) -> bool:
    """Return whether a run has a checkpoint to go on from."""
    return run is not None and (run / CHECKPOINT).exists()


def restore(run: Path, modules: Mapping[str, nn.Module], optimizer: torch.optim.Optimizer) -> Progress:
    """Load the run's checkpoint into modules and optimiser if there is one and return how far it is.

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
        for part, module in modules.items():
            start = f"{part}."
            module.load_state_dict(
                {name.removeprefix(start): t for name, t in tensors.items() if name.startswith(start)}
            )
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
