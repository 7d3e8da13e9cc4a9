"""Pseudo-labels as files: a teacher's scores of every photo, derived from its cache of embeddings.

`labels.csv` (image, a column for each attribute; nine digits, so that float32 comes back exactly) and `labels.json`,
written last: provenance, the photos' root, and the photos that could not be read. The cache lies beside them in
`cache/` unless it is kept elsewhere; another set of prompts derives its labels from the same cache.
"""

import csv
import warnings
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypedDict

import msgspec
import numpy as np
import torch

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.damaged import refusing
from attiqa_core.files.described import Hash, Words, read_description
from attiqa_core.files.whole import read_json, replacing, sha256, write_json
from attiqa_core.labelling import cache as embeddings
from attiqa_core.labelling.cache import Cache
from attiqa_core.labelling.cache_plan import (
    encoder_differences,
    first_is_missing,
    is_begun,
    plan,
    replan,
)
from attiqa_core.labelling.encoding import embed_shards
from attiqa_core.labelling.label_guard import ImpreciseEncoder
from attiqa_core.labelling.limits import BATCH, MAX_ERROR_RATE, SHARD_SIZE, THREADS
from attiqa_core.photos.sources import Photo, common_root, iterate_photos
from attiqa_core.shards.manifest import Manifest, about_of, is_planned
from attiqa_core.teachers.teacher import LabellingTeacher, ReducedPrecision
from attiqa_core.tensors import AttributeScores


@dataclass(frozen=True)
class Labels:
    """The scores of one teacher; `keys` are paths below `root`, a tar's members "shard.tar/name".

    `attributes` name the columns. A label may be NaN, for unknown.
    """

    keys: tuple[str, ...]
    labels: AttributeScores
    provenance: dict[str, Any]
    root: Path
    errors: dict[str, str]
    attributes: tuple[str, ...] = ATTRIBUTES


class Reading(TypedDict):
    """How photos are read and encoded, on which no label depends."""

    batch: int
    threads: int
    max_error_rate: float


def label(
    paths: Sequence[Path],
    teacher: LabellingTeacher,
    folder: Path,
    *,
    cache: Path | None = None,
    photos: Iterable[Photo] | None = None,
    shard_size: int = SHARD_SIZE,
    half: bool = False,
    batch: int = BATCH,
    threads: int = THREADS,
    max_error_rate: float = MAX_ERROR_RATE,
    retry_errors: bool = False,
    begin: Callable[[int], Callable[[int], object]] = lambda total: lambda done: None,
    notice: Callable[[str], object] = warnings.warn,
) -> None:
    """Label photos into `folder` through a cache; a second call goes on where the first was stopped.

    Photos that cannot be read are left out and recorded. `begin` is told how many photos there are and returns what
    is told of those done. A teacher whose precision is automatic goes on in fp32, which `notice` is told, where its own
    precision would change the labels.
    Raises: UsageError if the cache holds other photos or another encoder, or if fewer bits, which were asked for, would
    change the labels; InputError if no photo is readable, or more cannot be read than `max_error_rate` allows.
    """
    cache = cache or folder / "cache"
    found = iterate_photos(paths) if photos is None else photos
    teacher = _as_begun(cache, teacher)
    planned = plan(cache, common_root(paths), found, teacher, shard_size=shard_size, half=half)
    reading: Reading = {"batch": batch, "threads": threads, "max_error_rate": max_error_rate}
    planned, teacher = settle(planned, teacher, reading, notice=notice)
    embed_shards(planned, teacher, **reading, retry_errors=retry_errors, advance=begin(planned.count))
    derive(embeddings.merge(cache), teacher, folder)


def settle(
    planned: Manifest, teacher: LabellingTeacher, reading: Reading, *, notice: Callable[[str], object] = warnings.warn
) -> tuple[Manifest, LabellingTeacher]:
    """Return the cache and the teacher in the precision in which all shards are made; where fewer bits might change the
    labels, the first shard is made for that, if it is not there. Errors and `notice` as `label`.
    """
    exact = planned.about["encoder"]["precision"] == "fp32" and planned.about["dtype"] == "float32"
    if exact or not first_is_missing(planned):
        return planned, teacher
    try:
        embed_shards(planned, teacher, shards=planned.shards()[:1], **reading)
    except ImpreciseEncoder as refused:
        if is_begun(planned.folder) or not (isinstance(teacher, ReducedPrecision) and teacher.automatic):
            raise
        notice(f"{refused.reason}; goes on in fp32")
        teacher = teacher.in_fp32()
        return settle(replan(planned, teacher), teacher, reading, notice=notice)
    return planned, teacher


def _as_begun(cache: Path, teacher: LabellingTeacher) -> LabellingTeacher:
    """The teacher in fp32 if its precision is automatic and the cache was begun in fp32."""
    if not (isinstance(teacher, ReducedPrecision) and teacher.automatic and is_planned(cache)):
        return teacher
    return teacher.in_fp32() if about_of(cache)["encoder"].get("precision") == "fp32" else teacher


def derive(cache: Cache, teacher: LabellingTeacher, folder: Path) -> None:
    """Write the labels of all photos of a cache into `folder`, shard by shard; no photo is read.

    The precision of the teacher's image tower does not matter, it is not used.
    Raises: UsageError if the cache is another encoder's, or `folder` holds other labels; InputError if it has no rows.
    """
    if different := [name for name in encoder_differences(cache.encoder, teacher) if name != "precision"]:
        raise UsageError(
            f"{cache.folder}: was made with another encoder ({', '.join(different)}); give another --cache"
        )
    if not cache.count:
        first = next(iter(cache.errors.values()))
        raise InputError(f"{cache.root}: none of the {len(cache.errors)} photos can be read; the first: {first}")
    provenance = {**teacher.provenance(), **cache.encoder, "cache_sha256": cache.sha256}
    if (folder / "labels.json").exists():
        made_of = read_json(folder / "labels.json")["provenance"]
        if any(made_of.get(name) != provenance.get(name) for name in ("cache_sha256", "prompts")):
            raise UsageError(f"{folder}: holds labels of other photos or prompts; give another --out")
        return
    parts = ((keys, teacher.labels(rows)) for keys, rows in cache.shards())
    _write(folder, parts, tuple(teacher.attribute_names), provenance, cache.root, cache.errors)


def write(folder: Path, labels: Labels) -> None:
    """Write `labels.csv`, then `labels.json` with its hash."""
    parts = iter([(labels.keys, labels.labels)])
    _write(folder, parts, labels.attributes, labels.provenance, labels.root, labels.errors)


def _write(
    folder: Path,
    parts: Iterator[tuple[Sequence[str], AttributeScores]],
    attributes: tuple[str, ...],
    provenance: dict[str, Any],
    root: Path,
    errors: dict[str, str],
) -> None:
    count = 0
    with replacing(folder / "labels.csv") as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["image", *attributes])
        for keys, values in parts:
            rows = ([key, *(f"{value:.9g}" for value in row)] for key, row in zip(keys, values.tolist(), strict=True))
            table.writerows(rows)
            count += len(keys)
    write_json(
        folder / "labels.json",
        {
            "count": count,
            "attributes": list(attributes),
            "root": str(root),
            "sha256": sha256(folder / "labels.csv"),
            "provenance": provenance,
            "errors": errors,
        },
        seal=True,
    )


class LabelsFile(msgspec.Struct, frozen=True):
    """What labels.json holds."""

    count: Annotated[int, msgspec.Meta(ge=0)]
    root: str
    sha256: Hash
    provenance: dict[str, Any]
    errors: dict[str, str]
    attributes: Annotated[tuple[Words, ...], msgspec.Meta(min_length=1, max_length=64)] = ATTRIBUTES


def read(folder: Path | str) -> Labels:
    """Return the labels of a folder that `label` finished.

    Raises: InputError if a file is missing, was changed after it was written, or has other columns.
    """
    folder = Path(folder)
    about = read_description(folder / "labels.json", LabelsFile, "label again")
    table = folder / "labels.csv"
    if not table.is_file():
        raise InputError(f"{table}: no such file; run `attiqa label` again")
    if sha256(table) != about.sha256:
        raise InputError(
            f"{table}: was changed after it was written (its hash is not that of labels.json); label again"
        )
    attributes = about.attributes
    keys: list[str] = []
    values = array("f")
    with refusing(table, "label again"), table.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = tuple(next(rows, ()))
        if header != ("image", *attributes):
            raise InputError(f"{table}: its columns are {', '.join(header)}, not image, {', '.join(attributes)}")
        for key, *scores in rows:
            keys.append(key)
            values.extend(map(float, scores))
        if len(values) != len(keys) * len(attributes):
            raise ValueError("a row of another length")
    scores = torch.from_numpy(np.frombuffer(values, dtype=np.float32).reshape(len(keys), len(attributes)).copy())
    return Labels(tuple(keys), scores, about.provenance, Path(about.root), about.errors, attributes)
