"""A training's state on disk: weights, optimiser and progress in one safetensors file, from which it goes on exactly."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from attiqa_core.errors import InputError
from attiqa_core.files.damaged import refusing
from attiqa_core.runs.metrics import METRICS, keep_metrics
from attiqa_core.tensor_files import load_sealed, part_of, save_sealed
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
    tensors |= {f"optimizer.{name}": value for name, value in flat_moments(optimizer.state_dict()["state"]).items()}
    standing = {name: torch.as_tensor(value, dtype=torch.float64) for name, value in vars(progress).items()}
    save_sealed(run / CHECKPOINT, {**tensors, **{f"progress.{name}": value for name, value in standing.items()}})


def flat_moments(state: Mapping[int, Mapping[str, Any]], separator: str = ".") -> dict[str, Tensor]:
    """Return what an optimiser remembers, its `state_dict()["state"]`, as tensors by index and name."""
    return {
        f"{index}{separator}{name}": torch.as_tensor(value)
        for index, moments in state.items()
        for name, value in moments.items()
    }


def moments_of(tensors: Mapping[str, Tensor], separator: str = ".") -> dict[int, dict[str, Tensor]]:
    """Return the state that `flat_moments` flattened."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        index, part = name.split(separator, 1)
        state.setdefault(int(index), {})[part] = tensor
    return state


def is_begun(run: Path | None) -> bool:
    """Return whether a run has a checkpoint to go on from."""
    return run is not None and (run / CHECKPOINT).exists()


def restore(run: Path, modules: Mapping[str, nn.Module], optimizer: torch.optim.Optimizer) -> Progress:
    """Load the run's checkpoint into modules and optimiser if there is one and return how far it is.

    Raises: InputError if the checkpoint is damaged, or of another network or optimiser.
    """
    path = run / CHECKPOINT
    if not path.exists():
        return Progress()
    tensors = load_sealed(path, "begin the run again in another --out")
    state = moments_of(part_of(tensors, "optimizer."))
    try:
        for part, module in modules.items():
            module.load_state_dict(part_of(tensors, f"{part}."))
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
        epoch, step, seconds = (tensors[f"progress.{name}"].item() for name in ("epoch", "step", "seconds"))
    except (RuntimeError, ValueError, KeyError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InputError(f"{path}: is of another network or optimiser ({reason}); resume with its options") from error
    if distributed.is_first():
        with refusing(run / METRICS, "begin the run again in another --out"):
            keep_metrics(run, lambda row: row["epoch"] <= epoch)  # one that was logged but not checkpointed comes again
    return Progress(int(epoch), int(step), tensors["progress.loss_sum"], seconds)
