"""Something that is written to be read again, and how what was read is compared."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch


@dataclass(frozen=True)
class Artefact:
    """`make` writes it into an empty folder; `read` is the reader that a command uses, and returns all that it was told."""

    make: Callable[[Path], Any]
    read: Callable[[Path], Any]


def digest(*tensors: torch.Tensor) -> str:
    """Return a hash of numbers, bit for bit."""
    return hashlib.sha256(b"".join(each.detach().contiguous().numpy().tobytes() for each in tensors)).hexdigest()
