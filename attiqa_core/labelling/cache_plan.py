"""What a cache of embeddings has to hold: photos in order, cut into shards of a fixed size, and the encoder.

A shard depends on the plan only, so shards can be made in any order, by any worker, and again after a kill.
"""

import hashlib
import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.whole import read_json, replacing, sha256, write_json
from attiqa_core.labelling.limits import SHARD_SIZE
from attiqa_core.photos.sources import Photo
from attiqa_core.teachers.golden import same_encoder
from attiqa_core.teachers.teacher import LabellingTeacher

FORMAT = "attiqa-embeddings/1"


@dataclass(frozen=True)
class Shard:
    """One unit of work: `count` photos of the cache in `folder`, listed from byte `offset` of its photos.jsonl."""

    folder: Path
    index: int
    count: int
    offset: int

    def file(self, suffix: str) -> Path:
        """The path of the shard's `.npy`, `.csv` or `.json`."""
        return self.folder / "shards" / f"{self.index:06d}{suffix}"

    @property
    def finished(self) -> bool:
        return self.file(".json").exists()

    def photos(self) -> Iterator[Photo]:
        """Yield the photos that the shard has to cover."""
        root = Path(read_json(self.folder / "plan.json")["root"])
        for key, *inside in self._listed():
            yield Photo(key, root / inside[0], *inside[1:]) if inside else Photo(key, root / key)

    def expected(self) -> list[str]:
        """Return the keys that the shard has to cover."""
        return [key for key, *_ in self._listed()]

    def _listed(self) -> Iterator[list[Any]]:
        with (self.folder / "photos.jsonl").open("rb") as listing:
            listing.seek(self.offset)
            yield from map(json.loads, itertools.islice(listing, self.count))


def plan(
    folder: Path,
    root: Path,
    photos: Iterable[Photo],
    teacher: LabellingTeacher,
    *,
    shard_size: int = SHARD_SIZE,
    half: bool = False,
) -> list[Shard]:
    """List the photos into `folder` and return the shards to make; a second call has to ask for the same.

    Photos are streamed: 8 bytes of each stay in memory.
    Raises: UsageError if shards exist that were made of other photos or with another encoder; InputError for a key
    that comes twice.
    """
    if half and teacher.rows != "embeddings":
        raise UsageError(f"--half: is for embeddings, the {teacher.name} teacher has none; leave it out")
    _remove_leftovers(folder)
    with replacing(folder / "photos.jsonl") as temporary:
        offsets, count = _list_photos(temporary, root, photos, shard_size)
        asked = {
            "format": FORMAT,
            "root": str(root),
            "photos": {"count": count, "sha256": sha256(temporary)},
            "shard_size": shard_size,
            "dtype": "float16" if half else "float32",
            "rows": teacher.rows,
            "encoder": _describe(teacher),
            "golden": teacher.golden(),
            "offsets": offsets,
        }
        begun = (folder / "plan.json").exists() and any((folder / "shards").glob("*.json"))
        if begun:
            _check_same(folder, read_plan(folder), asked)
            check_encoder(folder, teacher)
    if not begun:
        write_json(folder / "plan.json", asked)
    return planned(folder)


def replan(folder: Path, teacher: LabellingTeacher) -> list[Shard]:
    """Plan the photos of a cache anew for another encoder, and return the shards; none may be there yet."""
    assert not any((folder / "shards").glob("*.json")), f"{folder}: has shards of the encoder that was planned"
    write_json(folder / "plan.json", {**read_plan(folder), "encoder": _describe(teacher), "golden": teacher.golden()})
    return planned(folder)


def planned(folder: Path) -> list[Shard]:
    """Return the shards of a planned cache. Raises: InputError if there is none."""
    about = read_plan(folder)
    count, size = about["photos"]["count"], about["shard_size"]
    return [
        Shard(folder, index, min(size, count - index * size), offset) for index, offset in enumerate(about["offsets"])
    ]


def read_plan(folder: Path) -> dict[str, Any]:
    """Return the content of plan.json. Raises: InputError if it is missing or of another format."""
    if not (folder / "plan.json").exists():
        raise InputError(f"{folder}: no cache of embeddings is here (no plan.json); name the photos to make one")
    about = read_json(folder / "plan.json")
    if about.get("format") != FORMAT:
        raise InputError(f"{folder}/plan.json: its format is {about.get('format')}, not {FORMAT}; make the cache again")
    return about


def check_encoder(folder: Path, teacher: LabellingTeacher) -> None:
    """Refuse a teacher that would not make the rows of the planned cache. Raises: UsageError that says what differs."""
    about = read_plan(folder)
    different = encoder_differences(about["encoder"], teacher)
    if not different and not same_encoder(about["golden"], teacher.golden(), about["encoder"]["precision"]):
        different = ["the embedding of the golden image"]
    if different:
        raise UsageError(
            f"{folder}: was made with another encoder ({', '.join(different)}); give another --out or --cache"
        )


def encoder_differences(planned_encoder: dict[str, Any], teacher: LabellingTeacher) -> list[str]:
    """Return the names of what the teacher's encoder has otherwise than the planned one."""
    mine = _describe(teacher)
    return sorted(name for name in {**planned_encoder, **mine} if planned_encoder.get(name) != mine.get(name))


def _describe(teacher: LabellingTeacher) -> dict[str, Any]:
    return json.loads(json.dumps({"teacher": teacher.name, **teacher.encoder()}))


def _check_same(folder: Path, begun: dict[str, Any], asked: dict[str, Any]) -> None:
    """Refuse to go on with a cache that was begun for something else."""
    different = {name for name in asked if begun.get(name) != asked[name]} - {"golden", "encoder"}
    if different & {"photos", "root"}:
        raise UsageError(f"{folder}: was begun with other photos; give another --out or --cache")
    if different:
        raise UsageError(f"{folder}: was begun with another {', '.join(sorted(different))}; give another --out")


def _list_photos(path: Path, root: Path, photos: Iterable[Photo], shard_size: int) -> tuple[list[int], int]:
    """Write a line for each photo; return where each shard begins, in bytes, and the number of photos."""
    offsets, hashes = [], bytearray()
    with path.open("wb") as listing:
        for count, photo in enumerate(photos):
            if count % shard_size == 0:
                offsets.append(listing.tell())
            inside = [] if photo.offset is None else [_below(photo.path, root), photo.offset, photo.size]
            listing.write(json.dumps([photo.key, *inside], ensure_ascii=False).encode() + b"\n")
            hashes += hashlib.blake2b(photo.key.encode(), digest_size=8).digest()
    found, times = np.unique(np.frombuffer(hashes, dtype=np.uint64), return_counts=True)
    if len(suspects := found[times > 1]):
        _refuse_twins(path, suspects)
    return offsets, len(hashes) // 8


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _refuse_twins(listing: Path, suspects: np.ndarray) -> None:
    """Raise InputError for a key that is listed twice; equal hashes alone are no proof."""
    wanted, seen = set(suspects.tolist()), set()
    with listing.open("rb") as lines:
        for line in lines:
            key = json.loads(line)[0]
            digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
            if int(np.frombuffer(digest, dtype=np.uint64)[0]) not in wanted:
                continue
            if key in seen:
                raise InputError(f"{key}: is listed twice; every photo needs a key of its own")
            seen.add(key)


def _remove_leftovers(folder: Path) -> None:
    """Remove what a killed run left half-written (see `files.whole.replacing`)."""
    for leftover in itertools.chain(folder.glob(".*"), (folder / "shards").glob(".*")):
        if leftover.is_file():
            leftover.unlink()
