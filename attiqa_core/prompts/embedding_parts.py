"""Embeddings kept as files, a part at a time, so that a second search or an interrupted one costs no second pass."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.files.whole import write_json
from attiqa_core.tensor_files import load_sealed, save_sealed

UNREAD = "unread"
"""In a part's file, as bytes: why photos could not be read, as the .json beside it tells people."""

Embed = Callable[[range], tuple[Tensor, dict[int, str]]]
"""Embeds the items of a range: a row each, NaN for those that cannot be read, and why they cannot."""


def embed_in_parts(
    cache: Path,
    name: str,
    plan: Mapping[str, Any],
    count: int,
    part: int,
    embed: Embed,
    progress: Callable[[Iterable[range], int], Iterable[range]] = lambda parts, total: parts,
) -> tuple[Tensor, dict[int, str]]:
    """Return the embeddings of `count` items, `part` at a time from files where these are there.

    The files lie in a folder of `cache` named after the hash of `plan`, which has to hold all that the embeddings
    depend on. Raises: InputError if no item can be read.
    """
    plan = {**plan, "count": count, "part": part}
    digest = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()[:16]
    folder = Path(cache) / f"{name}-{digest}"
    if not (folder / "plan.json").exists():
        write_json(folder / "plan.json", plan, seal=True)
    parts = [range(start, min(start + part, count)) for start in range(0, count, part)]
    rows: list[Tensor] = []
    errors: dict[int, str] = {}
    for chosen in progress(parts, len(parts)):
        file = folder / f"{chosen.start:09d}.safetensors"
        if not file.exists():
            embedded, unread = embed(chosen)
            write_json(file.with_suffix(".json"), unread)
            save_sealed(file, {"embeddings": embedded, UNREAD: _as_bytes(unread)})
        kept = load_sealed(file, "remove it, and the same command makes it again")
        rows.append(kept["embeddings"])
        errors.update({int(index): message for index, message in json.loads(kept[UNREAD].numpy().tobytes()).items()})
    if len(errors) == count:
        raise InputError(f"none of the {count} photos of {name} can be read; the first: {errors[0]}")
    return torch.cat(rows), errors


def _as_bytes(content: Any) -> Tensor:
    return torch.frombuffer(bytearray(json.dumps(content).encode()), dtype=torch.uint8)
