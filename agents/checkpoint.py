"""Where a training stands, as one file: tensors and JSON in a safetensors file, replaced as a whole, nothing pickled."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.files import replacing, write_text

CHECKPOINT = "checkpoint.safetensors"
METRICS = "metrics.jsonl"


def save_checkpoint(run: Path, tensors: Mapping[str, Tensor], values: Mapping[str, Any]) -> None:
    """Write the run's checkpoint; `values` must be JSON and hold `timesteps`, the steps done."""
    kept = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    with replacing(run / CHECKPOINT) as temporary:
        save_file(kept, temporary, {"values": json.dumps(values)})


def load_checkpoint(run: Path) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """Return tensors and values of the run's checkpoint; None where it has not come to one.

    Lines of `metrics.jsonl` that were written after it are taken back: they will be written again.
    Raises: InputError if the file is damaged.
    """
    path = run / CHECKPOINT
    if not path.is_file():
        _take_back(run / METRICS, -1)
        return None
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  no dictionary
            values = json.loads(file.metadata()["values"])
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is damaged ({error}); remove the run's folder and train again") from error
    _take_back(run / METRICS, values["timesteps"])
    return tensors, values


def _take_back(metrics: Path, timesteps: int) -> None:
    if not metrics.is_file():
        return
    kept = []
    for line in metrics.read_text(encoding="utf-8").splitlines(keepends=True):
        if not line.endswith("\n") or json.loads(line)["timesteps"] > timesteps:
            break  # a last line without an end was cut off by the kill
        kept.append(line)
    write_text(metrics, "".join(kept))
