"""Pseudo-labels as files: a teacher's scores of every photo and what they depend on, made resumably.

`labels.csv` (image, five columns; nine digits, so that float32 comes back exactly), `embeddings.safetensors`
where the teacher has them, and `labels.json`, written last: provenance, the photos' root, and the photos
that could not be read.
"""

import csv
import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import InputError, UsageError
from attiqa_core.images import Picture, read_picture
from attiqa_core.runs import load_tensors, read_json, save_tensors, sha256, write_json, write_text
from attiqa_core.teachers import LabellingTeacher
from attiqa_core.tensors import AttributeScores, Embeddings

COLUMNS = ("image", *ATTRIBUTES)


@dataclass(frozen=True)
class Labels:
    """The scores of one teacher; `keys` are paths below `root`. A label may be NaN, for unknown."""

    keys: tuple[str, ...]
    labels: AttributeScores
    provenance: dict[str, Any]
    root: Path
    errors: dict[str, str]


def label(
    paths: Sequence[Path],
    teacher: LabellingTeacher,
    folder: Path,
    *,
    batch: int = 32,
    threads: int = 2,
    progress: Callable[[Iterable[range], int], Iterable[range]] = lambda batches, count: batches,
) -> Labels:
    """Label image files into `folder`, return the labels; photos that cannot be read are left out and recorded.

    Every batch is kept as a file until all are there, so that a second call goes on where the first was
    stopped.
    Raises: UsageError if the folder holds batches of other photos or another teacher; InputError if no photo
    is readable.
    """
    root, keys = keys_below_root(paths)
    parts = Path(folder) / "parts"
    _check_plan(parts / "plan.json", {"keys": _digest(keys), "batch": batch, **teacher.provenance()})
    batches = [range(start, min(start + batch, len(paths))) for start in range(0, len(paths), batch)]
    with ThreadPoolExecutor(threads) as pool:
        for chosen in progress(batches, len(batches)):
            part = parts / f"{chosen.start:09d}.safetensors"
            if not part.exists():
                _label_batch([paths[index] for index in chosen], chosen, teacher, pool, part)
    finished = _merge(parts, batches, keys, root, teacher.provenance(), Path(folder))
    shutil.rmtree(parts)
    return finished


def _label_batch(
    paths: Sequence[Path], indices: range, teacher: LabellingTeacher, pool: ThreadPoolExecutor, part: Path
) -> None:
    """Write the labels of one batch and, beside them, why photos are missing."""
    decoded = dict(zip(indices, pool.map(_try_to_read, paths), strict=True))
    errors = {index: str(item) for index, item in decoded.items() if isinstance(item, InputError)}
    pictures = {index: item for index, item in decoded.items() if not isinstance(item, InputError)}
    measured = teacher.measure(list(pictures.values())) if pictures else {}
    write_json(part.with_suffix(".json"), errors)
    save_tensors(part, {"index": torch.tensor(list(pictures), dtype=torch.int64), **measured})


def _try_to_read(path: Path) -> Picture | InputError:
    try:
        return read_picture(path)
    except InputError as error:
        return error


def _merge(
    parts: Path, batches: Sequence[range], keys: list[str], root: Path, provenance: dict, folder: Path
) -> Labels:
    loaded = [load_tensors(parts / f"{chosen.start:09d}.safetensors") for chosen in batches]
    errors: dict[str, str] = {}
    for chosen in batches:
        found = read_json(parts / f"{chosen.start:09d}.json")
        errors.update({keys[int(index)]: message for index, message in found.items()})
    filled = [part for part in loaded if len(part["index"])]
    if not filled:
        raise InputError(
            f"{root}: none of the {len(keys)} photos can be read; the first: {next(iter(errors.values()))}"
        )
    labels = torch.cat([part["labels"] for part in filled])
    kept = tuple(keys[index] for part in filled for index in part["index"].tolist())
    if "embeddings" in filled[0]:
        save_tensors(
            folder / "embeddings.safetensors",
            {"embeddings": torch.cat([part["embeddings"] for part in filled])},
        )
    finished = Labels(kept, labels, provenance, root, errors)
    write(folder, finished)
    return finished


def write(folder: Path, labels: Labels) -> None:
    """Write `labels.csv`, then `labels.json` with its hash."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for key, row in zip(labels.keys, labels.labels.tolist(), strict=True):
        table.writerow([key, *(f"{value:.9g}" for value in row)])
    write_text(folder / "labels.csv", text.getvalue())
    write_json(
        folder / "labels.json",
        {
            "count": len(labels.keys),
            "root": str(labels.root),
            "sha256": sha256(folder / "labels.csv"),
            "provenance": labels.provenance,
            "errors": labels.errors,
        },
    )


def read(folder: Path | str) -> Labels:
    """Return the labels of a folder that `label` finished.

    Raises: InputError if a file is missing, was changed after it was written, or has other columns.
    """
    folder = Path(folder)
    about = read_json(folder / "labels.json")
    table = folder / "labels.csv"
    if not table.is_file():
        raise InputError(f"{table}: no such file; run `attiqa label` again")
    if sha256(table) != about.get("sha256"):
        raise InputError(
            f"{table}: was changed after it was written (its hash is not that of labels.json); label again"
        )
    with table.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    if tuple(header) != COLUMNS:
        raise InputError(f"{table}: its columns are {', '.join(header)}, not {', '.join(COLUMNS)}; label again")
    values = torch.tensor([[float(value) for value in row[1:]] for row in rows], dtype=torch.float32)
    keys = tuple(row[0] for row in rows)
    return Labels(keys, values, about["provenance"], Path(about["root"]), about["errors"])


def read_embeddings(folder: Path | str) -> Embeddings:
    """Return the embeddings of a folder, one row for each of its labels.

    Raises: InputError if the teacher had none, or the file is not whole.
    """
    return load_tensors(Path(folder) / "embeddings.safetensors")["embeddings"]


def keys_below_root(paths: Sequence[Path]) -> tuple[Path, list[str]]:
    """The deepest folder that holds all files, and each file's path below it."""
    absolute = [Path(path).absolute() for path in paths]
    root = Path(os.path.commonpath([path.parent for path in absolute]))
    return root, [path.relative_to(root).as_posix() for path in absolute]


def _digest(keys: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()


def _check_plan(path: Path, plan: dict[str, Any]) -> None:
    """Write what the batches depend on, or compare it with what an interrupted call wrote."""
    if not path.exists():
        write_json(path, plan)
    elif read_json(path) != json.loads(json.dumps(plan)):
        raise UsageError(f"{path.parent.parent}: was begun with other photos or another teacher; give another --out")
