"""What a cache of embeddings has to hold: a manifest of photos in order, in shards of a fixed size, and the encoder.

A shard depends on the plan only, so shards can be made in any order, by any worker, and again after a kill.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files.described import described
from attiqa_core.files.whole import read_json
from attiqa_core.labelling.limits import SHARD_SIZE
from attiqa_core.photos.sources import Photo
from attiqa_core.runs.leftovers import remove_leftovers
from attiqa_core.shards import manifest
from attiqa_core.shards.commit import uncommitted
from attiqa_core.shards.manifest import PLAN, SHARDS, Item, Manifest, Shard
from attiqa_core.teachers.golden import same_encoder
from attiqa_core.teachers.teacher import LabellingTeacher

OLD_FORMAT = "attiqa-embeddings/1"


class AboutCache(msgspec.Struct, frozen=True):
    """What a plan says of the rows of a cache."""

    root: str
    rows: str
    dtype: Literal["float32", "float16"]
    encoder: dict[str, Any]
    golden: list[float]


def plan(
    folder: Path,
    root: Path,
    photos: Iterable[Photo],
    teacher: LabellingTeacher,
    *,
    shard_size: int = SHARD_SIZE,
    half: bool = False,
) -> Manifest:
    """List the photos into `folder` and return the manifest; a second call has to ask for the same.

    Photos are streamed: 8 bytes of each stay in memory.
    Raises: UsageError if shards exist that were made of other photos or with another encoder; InputError for a key
    that comes twice, or a cache of an older version.
    """
    if half and teacher.rows != "embeddings":
        raise UsageError(f"--half: is for embeddings, the {teacher.name} teacher has none; leave it out")
    remove_leftovers(folder)
    about = {
        "root": str(root),
        "dtype": "float16" if half else "float32",
        "rows": teacher.rows,
        **_of_encoder(teacher),
    }
    if is_begun(folder):
        begun = read_plan(folder).about
        check_encoder(folder, begun, teacher)
        about |= {"golden": begun["golden"]}  # equal but for last bits
    else:
        (folder / PLAN).unlink(missing_ok=True)
    return manifest.plan(folder, _items(photos, root), about, shard_size=shard_size)


def is_begun(folder: Path) -> bool:
    """Return whether a cache has shards, which bind it to its photos and its encoder."""
    return (folder / PLAN).exists() and any((folder / SHARDS).glob("*.json"))


def replan(planned: Manifest, teacher: LabellingTeacher) -> Manifest:
    """Plan the photos of a cache anew for another encoder, and return the manifest; no shard may be there yet."""
    assert not is_begun(planned.folder), f"{planned.folder}: has shards of the encoder that was planned"
    return manifest.replan(planned, {**planned.about, **_of_encoder(teacher)})


def read_plan(folder: Path) -> Manifest:
    """Return the manifest of a cache. Raises: InputError if there is none, it was changed, or is of an older version."""
    if not (folder / PLAN).exists():
        raise InputError(f"{folder}: no cache of embeddings is here (no {PLAN}); name the photos to make one")
    told = read_json(folder / PLAN)
    if isinstance(told, dict) and told.get("format") == OLD_FORMAT:
        raise InputError(
            f"{folder / PLAN}: is of an older version ({OLD_FORMAT}); make the cache again in a new folder"
        )
    planned = manifest.read_manifest(folder)
    if not {"root", "rows", "dtype", "encoder", "golden"} <= planned.about.keys():
        raise InputError(f"{folder}: holds no embeddings but other work in shards; give another --cache")
    described(folder / PLAN, planned.about, AboutCache, "make the cache again in a new folder", more=True)
    return planned


def photos_of(shard: Shard, root: Path) -> Iterator[Photo]:
    """Yield the photos that a shard has to cover."""
    for key, *inside in shard.items():
        yield Photo(key, root / inside[0], *inside[1:]) if inside else Photo(key, root / key)


def first_is_missing(planned: Manifest) -> bool:
    """Return whether a cache lacks its first shard, on which it is decided how exact the encoder has to be."""
    return bool(uncommitted(planned.shards()[:1]))


def check_encoder(folder: Path, about: Mapping[str, Any], teacher: LabellingTeacher) -> None:
    """Refuse a teacher that would not make the rows of the planned cache. Raises: UsageError that says what differs."""
    different = encoder_differences(about["encoder"], teacher)
    if not different and not same_encoder(about["golden"], teacher.golden(), about["encoder"]["precision"]):
        different = ["the embedding of the golden image"]
    if different:
        raise UsageError(
            f"{folder}: was made with another encoder ({', '.join(different)}); give another --out or --cache"
        )


def encoder_differences(planned_encoder: Mapping[str, Any], teacher: LabellingTeacher) -> list[str]:
    """Return the names of what the teacher's encoder has otherwise than the planned one."""
    mine = _described(teacher)
    return sorted(name for name in {**planned_encoder, **mine} if planned_encoder.get(name) != mine.get(name))


def _of_encoder(teacher: LabellingTeacher) -> dict[str, Any]:
    return {"encoder": _described(teacher), "golden": teacher.golden()}


def _described(teacher: LabellingTeacher) -> dict[str, Any]:
    """Return what an encoder says of itself, as it comes back out of a file."""
    return json.loads(json.dumps({"teacher": teacher.name, **teacher.encoder()}))


def _items(photos: Iterable[Photo], root: Path) -> Iterator[Item]:
    tar, name = None, ""
    for photo in photos:
        if photo.offset is None:
            yield [photo.key]
            continue
        if photo.path is not tar:  # once a tar, not once a member
            tar, name = photo.path, photo.path.relative_to(root).as_posix()
        yield [photo.key, name, photo.offset, photo.size]
