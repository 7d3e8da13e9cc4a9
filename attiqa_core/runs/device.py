"""On what a run computes, and its seeds."""

import random

import numpy as np
import torch

from attiqa_core.errors import UsageError


def seed_everything(seed: int) -> None:
    """Seed Python, NumPy and torch; for commands only, library functions take a Generator."""
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    torch.manual_seed(seed)


def pick_device(name: str = "auto") -> torch.device:
    """Return the named torch device; "auto" is CUDA where there is one.

    Raises: UsageError if CUDA is asked for and absent.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise UsageError("--device cuda: torch finds no CUDA device here; use --device cpu")
    try:
        return torch.device(name)
    except RuntimeError as error:
        raise UsageError(f"--device {name}: not a torch device; use auto, cpu or cuda") from error
