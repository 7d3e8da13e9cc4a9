"""Baked stores: proxies of many contexts in one memory-mapped file, opened at once, with their scenes and splits.

`contexts.bin` holds the blocks of `frames`, raw after raw; `index.jsonl` a line per raw: which items, where, and the
hash of their bytes; `store.json`, written last, what each raw's scene is and which side of the split it is on.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, overload

import msgspec
import numpy as np

from attiqa_core.errors import InputError
from attiqa_core.files.damaged import refusing
from attiqa_core.files.described import Hash, Pixels, check_format, described, read_description
from attiqa_core.files.whole import sha256
from isp_env.contexts.scenes import Split
from isp_env.raw import RawFrame
from isp_env.stores.frames import from_block

FORMAT = "attiqa-store/2"
CONTEXTS, INDEX, STORE = "contexts.bin", "index.jsonl", "store.json"
LINE_SHA256 = "line_sha256"


Size = Annotated[int, msgspec.Meta(ge=0, le=2**50)]
"""Bytes."""


class StoreFile(msgspec.Struct, frozen=True):
    """What store.json has to hold."""

    format: Literal["attiqa-store/2"]
    proxy_px: Pixels
    crops: Annotated[int, msgspec.Meta(ge=0, le=3)]
    square: bool
    bytes: Size
    index_sha256: Hash
    scenes: list[str]
    splits: dict[str, Split]


class Place(msgspec.Struct, frozen=True):
    """Where one context of a raw lies."""

    name: str
    offset: Size
    size: Size


class IndexLine(msgspec.Struct, frozen=True):
    """A line of index.jsonl: a raw, its contexts one after another, and the hash of all their bytes."""

    name: str
    items: list[Place]
    sha256: Hash | None = None
    failure: str | None = None

    @property
    def span(self) -> "Span | None":
        """The bytes that were hashed together."""
        if not self.items or self.sha256 is None:
            return None
        return Span(self.name, self.items[0].offset, sum(each.size for each in self.items), self.sha256)


@dataclass(frozen=True)
class Span:
    """The bytes of one raw's contexts, and their hash."""

    raw: str
    offset: int
    size: int
    sha256: str


@dataclass(frozen=True)
class Item:
    """One context of a store: its own name, that of the raw it was made of, its scene and side, and where its block lies.

    `span` is what its bytes are proven with before they are first read.
    """

    name: str
    raw: str
    scene: str
    split: Split
    offset: int
    size: int
    span: Span | None = None


@dataclass(frozen=True)
class BakedStore:
    """A finished store; opening it reads no pixels. `sha256` is of the index, and so of every byte of the contexts."""

    path: Path
    items: tuple[Item, ...]
    proxy_px: int
    crops: int
    square: bool
    failures: tuple[str, ...]
    sha256: str

    @classmethod
    def open(cls, path: str | Path) -> "BakedStore":
        """Return the store of a folder. Raises: InputError if it is none, was not finished, or is cut off."""
        path = Path(path)
        if not is_store(path):
            began = (path / INDEX).is_file()
            cure = (
                "was not finished; run the same `attiqa bake` with --resume"
                if began
                else "is no store of `attiqa bake`"
            )
            raise InputError(f"{path}: {cure}")
        told = read_description(path / STORE, StoreFile, "bake it again", more=True)
        size = (path / CONTEXTS).stat().st_size if (path / CONTEXTS).is_file() else 0
        if size != told.bytes or sha256(path / INDEX) != told.index_sha256:
            raise InputError(f"{path}: is cut off or was changed ({size} of {told.bytes} bytes); bake it again")
        lines = [described(path / INDEX, line, IndexLine, "bake it again", more=True) for line in read_index(path)]
        if len(lines) != len(told.scenes) or not {*told.scenes} <= told.splits.keys():
            raise InputError(f"{path / STORE}: does not say the scene and side of every raw of {INDEX}; bake it again")
        items = tuple(
            Item(each.name, line.name, scene, told.splits[scene], each.offset, each.size, line.span)
            for line, scene in zip(lines, told.scenes, strict=True)
            for each in line.items
        )
        if any(item.offset + item.size > size for item in items):
            raise InputError(f"{path / INDEX}: speaks of more bytes than {CONTEXTS} has; bake it again")
        failures = tuple(line.failure for line in lines if line.failure is not None)
        return cls(path, items, told.proxy_px, told.crops, told.square, failures, told.index_sha256)

    def of(self, split: Split | None = None) -> tuple[Item, ...]:
        """Return the items on one side of the split, or all."""
        return tuple(item for item in self.items if split in (None, item.split))

    def proxies(self, split: Split | None = None, crops: int | None = None) -> "StoredProxies":
        """Return the proxies of `of(split)`, each made when it is asked for, of memory that is read when it is looked at.

        `crops`: how many of its crops each carries, all unless given.
        """
        return StoredProxies(self.path / CONTEXTS, self.of(split), crops)

    def verify(self) -> None:
        """Raises: InputError naming the first raw whose bytes are not those that were written."""
        for _ in read_contexts(self.path / CONTEXTS, read_index(self.path)):
            pass


class StoredProxies(Sequence[RawFrame]):
    """Proxies of a store in its memory map, which closes with the last of them; writing to one changes no file.

    The bytes of a raw are compared with their hash before the first of them is read. Raises: InputError naming the raw.
    """

    def __init__(self, path: Path, items: Sequence[Item], crops: int | None = None, proven: set[Span] | None = None):
        self.path, self.items, self.crops = path, tuple(items), crops
        self._proven: set[Span] = set() if proven is None else proven
        self._bytes = np.memmap(path, np.uint8, mode="c") if items else np.empty(0, np.uint8)

    def take(self, places: Iterable[int]) -> "StoredProxies":
        """Return the proxies at these places, none of them read."""
        return StoredProxies(self.path, [self.items[place] for place in places], self.crops, self._proven)

    @overload
    def __getitem__(self, place: int) -> RawFrame: ...
    @overload
    def __getitem__(self, place: slice) -> "StoredProxies": ...
    def __getitem__(self, place: int | slice) -> "RawFrame | StoredProxies":
        if isinstance(place, slice):
            return StoredProxies(self.path, self.items[place], self.crops, self._proven)
        return self._proxy(self.items[place])

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[RawFrame]:
        return map(self._proxy, self.items)

    def _proxy(self, item: Item) -> RawFrame:
        if item.span is not None and item.span not in self._proven:
            self._prove(item.span)
        proxy = from_block(np.asarray(self._bytes[item.offset : item.offset + item.size]))
        return replace(proxy, crops=proxy.crops[: self.crops])

    def _prove(self, span: Span) -> None:
        content = np.asarray(self._bytes[span.offset : span.offset + span.size])
        if hashlib.sha256(content.tobytes()).hexdigest() != span.sha256:
            raise InputError(f"{self.path.parent}: the contexts of {span.raw} are damaged; bake the store again")
        self._proven.add(span)


def is_store(path: str | Path) -> bool:
    """Return whether a path is the folder of a finished store."""
    return (Path(path) / STORE).is_file() and is_begun(path)


def is_begun(path: str | Path) -> bool:
    """Return whether a path is the folder of a store, finished or not."""
    return (Path(path) / INDEX).is_file()


def read_index(folder: Path) -> list[dict[str, Any]]:
    """Return the lines of an index, in order; a last one that was cut off is left out."""
    path = folder / INDEX
    with refusing(path, "bake the store again"):
        content = path.read_bytes()
        return [json.loads(line) for line in content[: content.rfind(b"\n") + 1].splitlines()]


def index_line(content: Mapping[str, Any]) -> bytes:
    """Return a line of an index, which ends with its own hash: what was written is known again where nothing else tells of it."""
    told = {name: value for name, value in content.items() if name != LINE_SHA256}
    return json.dumps({**told, LINE_SHA256: hashlib.sha256(json.dumps(told).encode()).hexdigest()}).encode() + b"\n"


def read_written_index(path: Path) -> list[dict[str, Any]]:
    """Return the lines of an index that no `store.json` speaks of yet, as `read_index`.

    Raises: InputError for one that was changed, or is of another version: whose contexts hold something else.
    """
    content = path.read_bytes()
    lines = []
    for number, text in enumerate(content[: content.rfind(b"\n") + 1].splitlines(keepends=True), 1):
        line = _parsed(text)
        if line is None or index_line(line) != text:
            raise InputError(f"{path}: line {number} is not what was written; remove the folder and bake again")
        check_format(path, line, (FORMAT,), "remove the folder and bake again")
        lines.append(line)
    return lines


def _parsed(text: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) and LINE_SHA256 in line else None


def read_contexts(path: Path, lines: Iterable[Mapping[str, Any]]) -> Iterator[bytes]:
    """Yield the contexts of each line of an index, in their order. Raises: InputError for the first that are not those written."""
    with path.open("rb") as file:
        for line in lines:
            content = file.read(sum(each["size"] for each in line["items"]))
            if hashlib.sha256(content).hexdigest() != line["sha256"]:
                raise InputError(f"{path.parent}: the contexts of {line['name']} are damaged; bake the store again")
            yield content
