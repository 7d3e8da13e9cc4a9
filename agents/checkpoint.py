"""Where a training stands, as one file: tensors and JSON in a safetensors file, replaced as a whole, nothing pickled."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.files.damaged import refusing
from attiqa_core.runs.metrics import METRICS, keep_metrics
from attiqa_core.tensor_files import check_seal, save_sealed

CHECKPOINT = "checkpoint.safetensors"


def save_checkpoint(run: Path, tensors: Mapping[str, Tensor], values: Mapping[str, Any]) -> None:
    """Write the run's checkpoint; `values` must be JSON and hold `timesteps`, the steps done."""
    save_sealed(run / CHECKPOINT, tensors, {"values": json.dumps(values)})


def load_checkpoint(run: Path, only: Collection[str] | None = None) -> tuple[dict[str, Tensor], dict[str, Any]] | None:
    """Return tensors, all or `only` those named, and values of the run's checkpoint; None where it has not come to one.

    Lines of `metrics.jsonl` that were written after it are taken back: they will be written again.
    Raises: InputError if the file is damaged.
    """
    path = run / CHECKPOINT
    if not path.is_file():
        keep_metrics(run, lambda row: False)
        return None
    check_seal(path, "remove the run's folder and train again")
    try:
        with safe_open(path, "pt") as file:
            tensors = {name: file.get_tensor(name) for name in (file.keys() if only is None else only)}
            values = json.loads(file.metadata()["values"])
    except (SafetensorError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: is damaged ({error}); remove the run's folder and train again") from error
    with refusing(run / METRICS, "remove the run's folder and train again"):
        keep_metrics(run, lambda row: row["timesteps"] <= values["timesteps"])
    return tensors, values
