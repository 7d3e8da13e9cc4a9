"""What is to be done: items in order, cut into shards of a fixed size. A shard depends on its manifest alone."""

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import numpy as np

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.damaged import refusing
from attiqa_core.files.described import Hash, described, read_sealed
from attiqa_core.files.whole import replacing, sha256, write_json

FORMAT = "attiqa-manifest/1"
PLAN, ITEMS, SHARDS = "plan.json", "items.jsonl", "shards"
ANEW = "plan it anew in another folder"

Whole = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class ItemsFile(msgspec.Struct, frozen=True):
    """What a plan says of the list beside it."""

    count: Whole
    bytes: Whole
    sha256: Hash


class PlanFile(msgspec.Struct, frozen=True):
    """What plan.json holds."""

    format: Literal["attiqa-manifest/1"]
    items: ItemsFile
    shard_size: Annotated[int, msgspec.Meta(ge=1)]
    offsets: tuple[Whole, ...]
    about: dict[str, Any]


Item = list[Any]
"""A line of the manifest: the item's key, which no other has, and what else a worker has to know of it; all of it JSON."""


@dataclass(frozen=True)
class Shard:
    """One unit of work: `count` items of the manifest in `folder`, listed from byte `offset` to `end` of its items."""

    folder: Path
    index: int
    count: int
    offset: int
    end: int

    def file(self, suffix: str) -> Path:
        """Return the path of one of the shard's files, such as that with ".csv"."""
        return self.folder / SHARDS / f"{self.index:06d}{suffix}"

    @property
    def listing(self) -> bytes:
        """The lines of the manifest that the shard has to cover."""
        with (self.folder / ITEMS).open("rb") as listing:
            listing.seek(self.offset)
            return listing.read(self.end - self.offset)

    def items(self) -> list[Item]:
        """Return what the shard has to cover."""
        path = self.folder / ITEMS
        with refusing(path, ANEW):
            items = [json.loads(line) for line in self.listing.splitlines()]
            if not all(isinstance(item, list) and item and isinstance(item[0], str) for item in items):
                raise ValueError("a line is no item")
        return items


@dataclass(frozen=True)
class Manifest:
    """A manifest on disk. `about` is what decides the result besides the items, as the one who planned said it."""

    folder: Path
    count: int
    shard_size: int
    offsets: tuple[int, ...]
    end: int
    items_sha256: str
    about: Mapping[str, Any]

    def shards(self) -> list[Shard]:
        """Return all shards in order, none of them read."""
        size, ends = self.shard_size, (*self.offsets[1:], self.end)
        return [
            Shard(self.folder, index, min(size, self.count - index * size), offset, end)
            for index, (offset, end) in enumerate(zip(self.offsets, ends, strict=True))
        ]


def plan(folder: Path, items: Iterable[Item], about: Mapping[str, Any], *, shard_size: int) -> Manifest:
    """Write the manifest of a folder and return it; where it has one already, that has to be the same.

    Items are streamed: 8 bytes of each stay in memory. Whoever may run beside another holds the folder's lock.
    Raises: UsageError if the folder was begun with something else; InputError for a key that comes twice.
    """
    with replacing(folder / ITEMS) as temporary:
        offsets, count, end = _list(temporary, items, shard_size)
        asked = {
            "format": FORMAT,
            "items": {"count": count, "bytes": end, "sha256": sha256(temporary)},
            "shard_size": shard_size,
            "offsets": offsets,
            "about": json.loads(json.dumps(about)),
        }
        if (folder / PLAN).exists():
            _check_same(folder, _read(folder), asked)
    if not (folder / PLAN).exists():
        write_json(folder / PLAN, asked, seal=True)
    return read_manifest(folder)


def replan(planned: Manifest, about: Mapping[str, Any]) -> Manifest:
    """Return the manifest of the same items about something else, written; no shard may be committed."""
    write_json(planned.folder / PLAN, {**_read(planned.folder), "about": json.loads(json.dumps(about))}, seal=True)
    return replace(planned, about=_read(planned.folder)["about"])


def is_planned(folder: Path) -> bool:
    """Return whether a folder has a manifest, finished or not."""
    return (folder / PLAN).is_file()


def about_of(folder: Path) -> dict[str, Any]:
    """Return `about` of a folder's manifest, whose items are not looked at. Raises: InputError as `read_manifest`."""
    return _read(folder)["about"]


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a folder. Raises: InputError if there is none, it is of another format, or was changed."""
    if not is_planned(folder):
        raise InputError(f"{folder}: nothing is planned here (no {PLAN})")
    told = described(folder / PLAN, _read(folder), PlanFile, ANEW)
    items, starts = told.items, told.offsets
    if not (folder / ITEMS).is_file() or sha256(folder / ITEMS) != items.sha256:
        raise InputError(f"{folder / ITEMS}: is missing or was changed after it was written; plan it anew")
    size = (folder / ITEMS).stat().st_size
    if len(starts) != -(-items.count // told.shard_size) or not _ascend(starts, items.bytes) or items.bytes != size:
        raise InputError(f"{folder / PLAN}: its shards are not those of {items.count:,} items; {ANEW}")
    return Manifest(folder, items.count, told.shard_size, starts, items.bytes, items.sha256, told.about)


def _ascend(starts: Sequence[int], end: int) -> bool:
    places = [*starts, end]
    return places[0] == 0 and all(one <= other for one, other in itertools.pairwise(places))


def _read(folder: Path) -> dict[str, Any]:
    return read_sealed(folder / PLAN, ANEW, FORMAT)


def _list(path: Path, items: Iterable[Item], shard_size: int) -> tuple[list[int], int, int]:
    """Write a line for each item; return where each shard begins, how many items there are, and how many bytes."""
    offsets, hashes = [], bytearray()
    with path.open("wb") as listing:
        for count, item in enumerate(items):
            if count % shard_size == 0:
                offsets.append(listing.tell())
            listing.write(json.dumps(item, ensure_ascii=False).encode() + b"\n")
            hashes += hashlib.blake2b(item[0].encode(), digest_size=8).digest()
        end = listing.tell()
    found, times = np.unique(np.frombuffer(hashes, dtype=np.uint64), return_counts=True)
    if len(suspects := found[times > 1]):
        _refuse_twins(path, suspects)
    return offsets, len(hashes) // 8, end


def _refuse_twins(listing: Path, suspects: np.ndarray) -> None:
    """Raise InputError for a key that is listed twice; equal hashes alone are no proof."""
    wanted, seen = set(suspects.tolist()), set()
    with listing.open("rb") as lines:
        for key in (json.loads(line)[0] for line in lines):
            digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
            if int(np.frombuffer(digest, dtype=np.uint64)[0]) not in wanted:
                continue
            if key in seen:
                raise InputError(f"{key}: is listed twice; everything needs a name of its own")
            seen.add(key)


def _check_same(folder: Path, begun: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    before, now = ({**told.get("about", {}), **told} for told in (begun, asked))
    names = before.keys() | now.keys()
    different = sorted(name for name in names if name not in ("about", "offsets") and before.get(name) != now.get(name))
    if "items" in different:
        raise UsageError(f"{folder}: was begun with other files; give another --out")
    if different:
        raise UsageError(f"{folder}: was begun with another {', '.join(different)}; give another --out")


def in_part(shards: Iterable[Shard], part: tuple[int, int]) -> Iterator[Shard]:
    """Yield the shards of worker `part` = (i, n): each n-th from the i-th on."""
    index, of = part
    return itertools.islice(shards, index, None, of)
