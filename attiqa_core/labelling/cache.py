"""The cache of what an encoder sees in each photo, proven whole before it is used.

plan.json, photos.jsonl        what was asked for (`embedding_plan`)
shards/000000.npy              rows, float32 or float16: unit embeddings, or a teacher's labels
shards/000000.csv              the manifest of those rows: key, bytes, SHA-256 of each photo
shards/000000.json             written last, the shard's commit mark: encoder, versions, hashes, unreadable photos
"""

import csv
import hashlib
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json, replacing, sha256, write_json
from attiqa_core.labelling.cache_plan import FORMAT, Shard, planned, read_plan
from attiqa_core.teachers.golden import same_encoder
from attiqa_core.tensors import Embeddings

MANIFEST = ("key", "bytes", "sha256")


@dataclass(frozen=True)
class Cache:
    """A cache that `merge` proved whole. `errors` are the photos without a row, and why."""

    folder: Path
    root: Path
    count: int
    errors: dict[str, str]
    encoder: dict[str, Any]
    sha256: str

    def shards(self) -> Iterator[tuple[list[str], Embeddings]]:
        """Yield the keys and float32 rows of each shard, in the order of the photos."""
        for shard in planned(self.folder):
            rows = np.load(shard.file(".npy"), allow_pickle=False).astype(np.float32)
            yield [key for key, _, _ in read_manifest(shard)], torch.from_numpy(rows)


def write_shard(
    shard: Shard, rows: np.ndarray, manifest: Sequence[tuple[str, int, str]], about: dict[str, Any]
) -> None:
    """Write rows, then their manifest, then the sidecar `about` with their hashes, which commits the shard."""
    shard.file(".json").unlink(missing_ok=True)
    with replacing(shard.file(".npy")) as temporary, temporary.open("wb") as file:
        np.save(file, rows, allow_pickle=False)
    with replacing(shard.file(".csv")) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([MANIFEST, *manifest])
    hashes = {"sha256": sha256(shard.file(".npy")), "manifest_sha256": sha256(shard.file(".csv"))}
    write_json(shard.file(".json"), {"format": FORMAT, "index": shard.index, "count": len(rows), **hashes, **about})


def read_manifest(shard: Shard) -> list[tuple[str, int, str]]:
    """Return key, bytes and SHA-256 of each row's photo."""
    with shard.file(".csv").open(encoding="utf-8", newline="") as file:
        _, *lines = csv.reader(file)
    return [(key, int(size), digest) for key, size, digest in lines]


def merge(folder: Path) -> Cache:
    """Prove that each planned photo is exactly once in a shard or among its errors, and return the whole cache.

    Raises: InputError for a shard that is missing, was changed, has another encoder or does not cover its photos.
    """
    about = read_plan(folder)
    listing = sha256(folder / "photos.jsonl")
    if listing != about["photos"]["sha256"]:
        raise InputError(f"{folder}/photos.jsonl: was changed after it was written; make the cache again")
    errors: dict[str, str] = {}
    digest, count = hashlib.sha256(listing.encode()), 0
    for shard in planned(folder):
        sidecar = _check_shard(shard, about)
        errors.update(sidecar["errors"])
        digest.update(sidecar["sha256"].encode())
        count += sidecar["count"]
    return Cache(folder, Path(about["root"]), count, errors, about["encoder"], digest.hexdigest())


def read(folder: Path) -> tuple[tuple[str, ...], Embeddings]:
    """Return all keys and float32 rows of a finished cache; errors as `merge`."""
    parts = list(merge(folder).shards())
    return tuple(itertools.chain.from_iterable(keys for keys, _ in parts)), torch.cat([rows for _, rows in parts])


def _check_shard(shard: Shard, about: dict[str, Any]) -> dict[str, Any]:
    """The sidecar of a shard that is whole, of the planned encoder, and covers its photos."""
    if not shard.finished:
        raise InputError(f"{shard.file('.json')}: no such file; the shard was not finished, run again with the photos")
    sidecar = read_json(shard.file(".json"))
    for suffix, name in ((".npy", "sha256"), (".csv", "manifest_sha256")):
        if not shard.file(suffix).is_file() or sha256(shard.file(suffix)) != sidecar[name]:
            raise InputError(
                f"{shard.file(suffix)}: is missing or was changed after it was written; remove "
                f"{shard.file('.json').name} and run again with the photos"
            )
    same = sidecar["encoder"] == about["encoder"]
    if not same or not same_encoder(sidecar["golden"], about["golden"], about["encoder"]["precision"]):
        raise InputError(f"{shard.file('.json')}: made with another encoder than planned; remove it and run again")
    keys = [key for key, _, _ in read_manifest(shard)]
    rows = np.load(shard.file(".npy"), mmap_mode="r", allow_pickle=False)
    wanted = shard.expected()
    covered = {*keys, *sidecar["errors"]}
    if len(keys) + len(sidecar["errors"]) != len(wanted) or covered != set(wanted) or len(rows) != len(keys):
        missing = next((key for key in wanted if key not in covered), None) or "one photo twice"
        raise InputError(f"{shard.file('.csv')}: does not cover its {len(wanted)} photos once each ({missing})")
    return sidecar
