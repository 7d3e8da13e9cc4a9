"""What was done: a shard's commit, and the proof that all commits together cover a manifest exactly."""

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec

from attiqa_core.errors import InputError
from attiqa_core.files.described import Hash, described, read_sealed
from attiqa_core.files.whole import sha256, write_json
from attiqa_core.shards.manifest import Count, Manifest, Shard

FORMAT = "attiqa-shard/1"
AGAIN = "remove it and run its worker again"


Suffix = Annotated[str, msgspec.Meta(pattern=r"^\.[A-Za-z0-9_.-]{1,60}\Z")]
"""No path: the file lies beside its commit."""


class CommitFile(msgspec.Struct, frozen=True):
    """What the commit of a shard holds."""

    format: Literal["attiqa-shard/1"]
    index: int
    items_sha256: Hash
    files: dict[Suffix, Hash]
    done: Count
    errors: dict[str, str]
    about: dict[str, Any]


@dataclass(frozen=True)
class Commit:
    """A committed shard. `errors` are the items of which nothing could be made, and why; `about` as the worker said it;
    `files` the SHA-256 of its files by their suffixes."""

    shard: Shard
    done: int
    errors: Mapping[str, str]
    about: Mapping[str, Any]
    files: Mapping[str, str]


def is_committed(shard: Shard) -> bool:
    """Return whether a shard was finished; `read_commit` says whether it is still what was committed."""
    return shard.file(".json").is_file()


def uncommitted(shards: Sequence[Shard]) -> list[Shard]:
    """Return those shards of one manifest that were not finished, by one look at their folder."""
    if not shards:
        return []
    with contextlib.suppress(FileNotFoundError):
        committed = {entry.name for entry in os.scandir(shards[0].file(".json").parent)}
        return [shard for shard in shards if shard.file(".json").name not in committed]
    return list(shards)


def commit(
    shard: Shard, done: Sequence[str], suffixes: Sequence[str], errors: Mapping[str, str], about: Mapping[str, Any]
) -> Commit:
    """Commit a shard whose files with these suffixes are written, and return the commit; its last step is one rename.

    Raises: AssertionError if `done` and `errors` are not exactly the items of the shard.
    """
    keys = [item[0] for item in shard.items()]
    assert len(done) + len(errors) == len(keys) and {*done, *errors} == set(keys), f"{shard}: is not covered exactly"
    told = {
        "format": FORMAT,
        "index": shard.index,
        "items_sha256": hashlib.sha256(shard.listing).hexdigest(),
        "files": {suffix: sha256(shard.file(suffix)) for suffix in suffixes},
        "done": len(done),
        "errors": dict(errors),
        "about": dict(about),
    }
    write_json(shard.file(".json"), told, seal=True)
    return Commit(shard, len(done), errors, about, told["files"])


def read_commit(shard: Shard) -> Commit:
    """Return the commit of a shard, proven. Raises: InputError if it is not there, was changed, or is of other items."""
    path = shard.file(".json")
    if not is_committed(shard):
        raise InputError(f"{path}: no such file; the shard was not finished, run its worker again")
    told = described(path, read_sealed(path, AGAIN, FORMAT), CommitFile, AGAIN)
    if told.index != shard.index or told.items_sha256 != hashlib.sha256(shard.listing).hexdigest():
        raise InputError(f"{path}: is about other files than planned; {AGAIN}")
    for suffix, digest in told.files.items():
        if not shard.file(suffix).is_file() or sha256(shard.file(suffix)) != digest:
            raise InputError(
                f"{shard.file(suffix)}: is missing or was changed after it was written; remove {path.name} and run its "
                "worker again"
            )
    return Commit(shard, told.done, told.errors, told.about, told.files)


def prove(manifest: Manifest) -> Iterator[Commit]:
    """Yield the commit of every shard in order: all items are covered, each once. Raises: InputError as `read_commit`."""
    covered = 0
    for shard in manifest.shards():
        found = read_commit(shard)
        covered += found.done + len(found.errors)
        yield found
    if covered != manifest.count:
        raise InputError(
            f"{manifest.folder}: {covered:,} of {manifest.count:,} items are covered; run its workers again"
        )
