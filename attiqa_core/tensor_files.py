"""Tensors as safetensors files, written atomically and verified by their SHA-256; nothing is ever pickled."""

import hashlib
import json
import re
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.files.regular import is_file
from attiqa_core.files.whole import replacing, sha256, write_json

SEAL = "seal"
NO_DIGEST = b"0" * 64
SEALED = re.compile(rb'"seal":"([0-9a-f]{64})"')
WORDS = "__metadata__"
HEAD_LENGTH = 8  # bytes. Source: the format of safetensors
LARGEST_HEAD = 8 * 2**20
"""Bytes of a file that are no numbers; a network of a thousand layers, with its optimiser, needs 200,000."""
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
KINDS = (*FLOATS, torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)


def save_tensors(path: Path, tensors: Mapping[str, Tensor], words: Mapping[str, str] | None = None) -> None:
    """Write tensors, and words beside them, to a safetensors file atomically; shared or non-contiguous storage is copied."""
    kept = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    with replacing(path) as temporary:
        save_file(kept, temporary, dict(words) if words else None)
        _sort_words(temporary)


def save_described(description: Path, tensors: Mapping[str, Tensor], about: Mapping[str, Any]) -> None:
    """Write tensors, and a JSON description that holds `about` and names them: "weights", their file, and its "sha256".

    The weights lie beside the description, called by its stem and the start of their hash. The description is replaced
    last, and then former weights are removed: a crash at any moment leaves the former pair whole.
    """
    folder, stem = description.parent, description.stem
    unnamed = folder / f"{stem}.safetensors"
    save_tensors(unnamed, tensors)
    digest = sha256(unnamed)
    weights = unnamed.replace(folder / f"{stem}-{digest[:12]}.safetensors")
    write_json(description, {**about, "weights": weights.name, "sha256": digest}, seal=True)
    for former in folder.glob(f"{stem}-*.safetensors"):
        if former != weights:
            former.unlink()


def save_sealed(path: Path, tensors: Mapping[str, Tensor], words: Mapping[str, str] | None = None) -> None:
    """Write as `save_tensors` a file that holds its own SHA-256, over every byte of it but the digest itself."""
    kept = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    with replacing(path) as temporary:
        save_file(kept, temporary, {**(words or {}), SEAL: NO_DIGEST.decode()})
        _sort_words(temporary)
        place, digest = _seal_of(temporary)
        with temporary.open("rb+") as file:
            file.seek(place)
            file.write(digest)


def _sort_words(path: Path) -> None:
    """Put a file's words in order: safetensors writes them in another one each time, and equal content is to be equal bytes."""
    with path.open("rb+") as file:
        length = int.from_bytes(file.read(HEAD_LENGTH), "little")
        head = json.loads(file.read(length))
        words = head.pop(WORDS, {})
        told = {**({WORDS: dict(sorted(words.items()))} if words else {}), **head}
        content = json.dumps(told, separators=(",", ":"), ensure_ascii=False).encode()
        assert len(content) <= length, f"{path}: its head grew from {length} to {len(content)} bytes"
        file.seek(HEAD_LENGTH)
        file.write(content.ljust(length))  # with spaces. Source: the format of safetensors


def check_seal(path: Path, cure: str) -> None:
    """Raises: InputError, with a cure, if the file is missing or one bit of it is other than `save_sealed` wrote it."""
    if not is_file(path):
        raise InputError(f"{path}: no such file")
    place, digest = _seal_of(path)
    with path.open("rb") as file:
        file.seek(place)
        if place == 0 or file.read(len(digest)) != digest:
            raise InputError(f"{path}: is damaged, or was written by an earlier version of attiqa; {cure}")


def load_sealed(path: Path, cure: str) -> dict[str, Tensor]:
    """Return the tensors of a file by `save_sealed`, on the CPU; NaN among them was meant. Raises: InputError as `check_seal`."""
    check_seal(Path(path), cure)
    return _tensors_of(Path(path))


def _seal_of(path: Path) -> tuple[int, bytes]:
    """Where the digest stands in a file, 0 if nowhere, and what it has to be: the hash of all else, with zeros there."""
    with path.open("rb") as file:
        head = file.read(HEAD_LENGTH)
        head += file.read(min(int.from_bytes(head, "little"), LARGEST_HEAD))
        found = list(SEALED.finditer(head))
        place = found[0].start(1) if len(found) == 1 else 0
        digest = hashlib.sha256(head[:place] + NO_DIGEST + head[place + len(NO_DIGEST) :] if place else head)
        while block := file.read(1 << 20):
            digest.update(block)
    return place, digest.hexdigest().encode()


def load_tensors(path: Path, expected_sha256: str | None = None) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file, on the CPU.

    Raises: InputError if the file is missing, is cut off, does not have the expected SHA-256, or holds what is no number: a
    hash says who wrote it, not that it is any good.
    """
    path = Path(path)
    if not is_file(path):
        raise InputError(f"{path}: no such file")
    if expected_sha256 is not None and sha256(path) != expected_sha256:
        raise InputError(f"{path}: its SHA-256 is not the recorded {expected_sha256[:12]}…; fetch or train it again")
    tensors = _tensors_of(path)
    _check_numbers(path, tensors)
    return tensors


def _tensors_of(path: Path) -> dict[str, Tensor]:
    _check_head(path)
    try:
        return load_file(path)
    except (SafetensorError, KeyError, ValueError) as error:  # a KeyError for a type that torch does not know
        raise InputError(f"{path}: not a whole safetensors file ({error}); fetch or train it again") from error


def _check_head(path: Path) -> None:
    """Raises: InputError for a file that begins by asking for more memory than its head can need."""
    with path.open("rb") as file:
        start = file.read(8)
    if len(start) == 8 and (size := struct.unpack("<Q", start)[0]) > LARGEST_HEAD:
        raise InputError(
            f"{path}: not a whole safetensors file (its head would have {size:,} bytes); fetch or train it again"
        )


def _check_numbers(path: Path, tensors: Mapping[str, Tensor]) -> None:
    for name, tensor in tensors.items():
        if tensor.dtype not in KINDS:
            raise InputError(f"{path}: {name[:80]!r} is of {tensor.dtype}, which no file of ours holds; train it again")
        if tensor.dtype in FLOATS and not bool(tensor.isfinite().all()):
            raise InputError(
                f"{path}: {name[:80]!r} holds numbers that are not finite (NaN or infinity); train it again"
            )


def shapes_of(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor of a safetensors file, none of them read."""
    with safe_open(path, "pt") as file:
        return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118  no mapping


def words_of(path: Path) -> dict[str, str]:
    """Return the words beside the tensors of a file."""
    with safe_open(path, "pt") as file:
        return dict(file.metadata() or {})


def part_of(tensors: Mapping[str, Tensor], start: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin so, by the rest of their names."""
    return {name.removeprefix(start): each for name, each in tensors.items() if name.startswith(start)}
