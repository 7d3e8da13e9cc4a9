"""The cache of what an encoder sees in each photo, proven whole before it is used.

Work in shards (see `attiqa_core.shards`): plan.json, items.jsonl, and of each shard
shards/000000.npy              rows, float32 or float16: unit embeddings, or a teacher's labels
shards/000000.csv              whose rows those are: key, bytes, SHA-256 of each photo
shards/000000.json             written last, its commit: encoder, versions, hashes, unreadable photos
"""

import csv
import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from attiqa_core.errors import InputError
from attiqa_core.files.damaged import read_array, refusing
from attiqa_core.files.whole import replacing
from attiqa_core.labelling.cache_plan import read_plan
from attiqa_core.shards.commit import Commit, commit, prove
from attiqa_core.shards.manifest import Manifest, Shard
from attiqa_core.teachers.golden import same_encoder
from attiqa_core.tensors import Embeddings

COLUMNS = ("key", "bytes", "sha256")
ANEW = "remove the shard's files and run the command again"


@dataclass(frozen=True)
class Cache:
    """A cache that `merge` proved whole. `errors` are the photos without a row, and why."""

    manifest: Manifest
    root: Path
    count: int
    errors: dict[str, str]
    encoder: dict[str, Any]
    sha256: str

    @property
    def folder(self) -> Path:
        return self.manifest.folder

    def shards(self) -> Iterator[tuple[list[str], Embeddings]]:
        """Yield the keys and float32 rows of each shard, in the order of the photos."""
        for shard in self.manifest.shards():
            rows = read_array(shard.file(".npy"), ANEW).astype(np.float32)
            yield [key for key, _, _ in read_photos(shard)], torch.from_numpy(rows)


def write_shard(
    shard: Shard,
    rows: np.ndarray,
    photos: Sequence[tuple[str, int, str]],
    errors: Mapping[str, str],
    about: Mapping[str, Any],
) -> Commit:
    """Write rows, then whose they are, then the commit, and return it; `about` says with what encoder they were made."""
    shard.file(".json").unlink(missing_ok=True)
    with replacing(shard.file(".npy")) as temporary, temporary.open("wb") as file:
        np.save(file, rows, allow_pickle=False)
    with replacing(shard.file(".csv")) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *photos])
    return commit(shard, [key for key, _, _ in photos], (".npy", ".csv"), errors, about)


def read_photos(shard: Shard) -> list[tuple[str, int, str]]:
    """Return key, bytes and SHA-256 of each row's photo."""
    path = shard.file(".csv")
    with refusing(path, ANEW), path.open(encoding="utf-8", newline="") as file:
        _, *lines = csv.reader(file)
        return [(key, int(size), digest) for key, size, digest in lines]


def merge(folder: Path) -> Cache:
    """Prove that each planned photo is exactly once in a shard or among its errors, and return the whole cache.

    Raises: InputError for a shard that is missing, was changed, has another encoder or does not cover its photos.
    """
    planned = read_plan(folder)
    about, errors, count = planned.about, dict[str, str](), 0
    digest = hashlib.sha256(planned.items_sha256.encode())
    for found in prove(planned):
        _check_shard(found, about)
        errors.update(found.errors)
        digest.update(found.files[".npy"].encode())
        count += found.done
    return Cache(planned, Path(about["root"]), count, errors, about["encoder"], digest.hexdigest())


def read(folder: Path) -> tuple[tuple[str, ...], Embeddings]:
    """Return all keys and float32 rows of a finished cache; errors as `merge`."""
    parts = list(merge(folder).shards())
    return tuple(itertools.chain.from_iterable(keys for keys, _ in parts)), torch.cat([rows for _, rows in parts])


def _check_shard(found: Commit, about: Mapping[str, Any]) -> None:
    """Raises: InputError if a proven shard is not of the planned encoder, or its rows are not of its photos, once each."""
    shard, told = found.shard, found.about
    with refusing(shard.file(".json"), ANEW):
        same = told["encoder"] == about["encoder"]
        same = same and same_encoder(told["golden"], about["golden"], about["encoder"]["precision"])
    if not {".npy", ".csv"} <= found.files.keys():
        raise InputError(f"{shard.file('.json')}: vouches for no rows; {ANEW}")
    if not same:
        raise InputError(f"{shard.file('.json')}: made with another encoder than planned; remove it and run again")
    keys = [key for key, _, _ in read_photos(shard)]
    rows = read_array(shard.file(".npy"), ANEW, mapped=True)
    if rows.dtype.kind != "f" or rows.shape[1:] != (len(about["golden"]),):
        raise InputError(f"{shard.file('.npy')}: holds {rows.dtype} {rows.shape}, no rows of this encoder; {ANEW}")
    wanted = [item[0] for item in shard.items()]
    covered = {*keys, *found.errors}
    if len(keys) + len(found.errors) != len(wanted) or covered != set(wanted) or len(rows) != len(keys):
        missing = next((key for key in wanted if key not in covered), None) or "one photo twice"
        raise InputError(f"{shard.file('.csv')}: does not cover its {len(wanted)} photos once each ({missing})")
