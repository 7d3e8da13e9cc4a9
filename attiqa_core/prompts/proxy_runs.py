"""The image passes of `attiqa prompts`: photos distorted or as they are, through CLIP, into the cache."""

import functools
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from attiqa_core.attributes import ATTRIBUTES
from attiqa_core.datasets import read_rated
from attiqa_core.datasets.rated import RatedImages
from attiqa_core.datasets.readers.spaq import check_polarity
from attiqa_core.datasets.splits import read_splits, split_indices
from attiqa_core.errors import InputError
from attiqa_core.photos.decode import read_rgb
from attiqa_core.photos.images import Picture
from attiqa_core.photos.sources import Photo, find_photos, read_photo
from attiqa_core.prompts.embedding_parts import Embed, embed_in_parts
from attiqa_core.prompts.proxy_tasks import Levels, graded_versions, is_graded
from attiqa_core.prompts.search import Candidates, PairScores, distortion_sroccs, rating_sroccs
from attiqa_core.runs.progress import progress

PHOTOS_PER_PART = 8  # of task 1, each in up to 55 versions
IMAGES_PER_PART = 64  # of task 2
FEW_PHOTOS, FEW_LEVELS = 200, 11  # below both, a mean SROCC is coarse


@dataclass(frozen=True)
class TaskResult:
    """One proxy task's SROCC of every pair, what it was measured on, and the photos that could not be read."""

    name: str
    sroccs: dict[str, PairScores]
    about: dict[str, Any]
    failures: tuple[str, ...]


def run_task_1(
    paths: Sequence[Path],
    teacher: Any,
    levels: Levels,
    candidates: Mapping[str, Candidates],
    cache: Path,
    *,
    most_photos: int,
    distort_at: int,
    seed: int,
    threads: int,
) -> TaskResult:
    """Return task 1 on photos: image files, folders or .tar shards; `cache` keeps their embeddings.

    At most `most_photos` of them, drawn by the `seed`, are used; 0 for all. They are distorted at a short edge of
    `distort_at` px. Raises: InputError if there are none, or none can be read.
    """
    _, photos = find_photos(paths)
    if 0 < most_photos < len(photos):
        drawn = np.random.default_rng(seed).permutation(len(photos))[:most_photos]
        photos = [photos[index] for index in sorted(drawn.tolist())]
    width = sum(len(each) for each in levels.values())
    features = candidates[ATTRIBUTES[0]].positive.shape[1]

    def embed(chosen: range) -> tuple[Tensor, dict[int, str]]:
        rows, errors = torch.full((len(chosen), width, features), torch.nan), {}
        for row, index in enumerate(chosen):
            try:
                picture = read_photo(photos[index])
            except InputError as error:
                errors[index] = str(error)
                continue
            rows[row] = embed_graded(teacher, picture, levels, distort_at, seed + index)
        return rows, errors

    plan = {
        "encoder": teacher.encoder(),
        "levels": {attribute: list(each) for attribute, each in levels.items()},
        "distort_at": distort_at,
        "seed": seed,
        "photos": [_identity(photo) for photo in photos],
    }
    embeddings, errors = _cached(cache, "task1", plan, len(photos), PHOTOS_PER_PART, embed)
    sroccs = distortion_sroccs(embeddings, levels, candidates, threads)
    about = {
        "photos": len(photos) - len(errors),
        "levels": plan["levels"],
        "distort_at": distort_at,
        "photos_without_order": _without_order(embeddings, levels, len(errors)),
    }
    if about["photos"] < FEW_PHOTOS and min(len(each) for each in levels.values()) < FEW_LEVELS:
        about["note"] = f"fewer than {FEW_PHOTOS} photos and {FEW_LEVELS} levels: the mean SROCC is coarse"
    return TaskResult("task1", sroccs, about, tuple(errors.values()))


def embed_graded(teacher: Any, picture: Picture, levels: Levels, short_edge: int, seed: int) -> Tensor:
    """Return unit embeddings of one photo's versions, attribute after attribute; NaN where a distortion shows nothing."""
    generator = torch.Generator().manual_seed(seed)
    rows = []
    for attribute, ascending in levels.items():
        versions = graded_versions(picture, attribute, ascending, short_edge, generator)
        embedded = functional.normalize(teacher.embed(versions).cpu(), dim=1)
        rows.append(embedded if is_graded(versions) else torch.full_like(embedded, torch.nan))
    return torch.cat(rows)


def _without_order(embeddings: Tensor, levels: Levels, unread: int) -> dict[str, int]:
    """For each attribute, how many readable photos its distortion does not change."""
    known = embeddings.isfinite().all(2).split([len(each) for each in levels.values()], dim=1)
    return {name: int((~part.all(1)).sum()) - unread for name, part in zip(levels, known, strict=True)}


def run_task_2(
    scores: Path,
    teacher: Any,
    candidates: Mapping[str, Candidates],
    cache: Path,
    *,
    images: Path | None = None,
    allow_missing: bool = False,
    exclude_test: Path | None = None,
    threads: int,
) -> TaskResult:
    """Return task 2 on a data set with attribute ratings (SPAQ); `cache` keeps the embeddings of its images.

    Images that any split of the file `exclude_test` tests on take no part; `images` and `allow_missing` as `read_rated`.
    Raises: InputError if the data set has no such ratings, or if its noisiness falls with MOS.
    """
    rated = read_rated(scores, images, allow_missing=allow_missing)
    if rated.attributes is None:
        raise InputError(f"{scores}: {rated.name} has no ratings of the five attributes; task 2 needs SPAQ")
    polarity = check_polarity(scores, rated.attributes[:, ATTRIBUTES.index("noisiness")], rated.mos)
    features = candidates[ATTRIBUTES[0]].positive.shape[1]

    def prepare(path: Path) -> Tensor | InputError:
        try:
            return teacher.prepare(read_rgb(path))
        except InputError as error:
            return error

    def embed(chosen: range) -> tuple[Tensor, dict[int, str]]:
        prepared = list(pool.map(prepare, rated.paths[chosen.start : chosen.stop]))
        errors = {chosen[row]: str(item) for row, item in enumerate(prepared) if isinstance(item, InputError)}
        pixels = {row: item for row, item in enumerate(prepared) if not isinstance(item, InputError)}
        rows = torch.full((len(chosen), features), torch.nan)
        if pixels:
            rows[list(pixels)] = teacher.encode(list(pixels.values())).cpu()
        return rows, errors

    photos = [Photo(name, path) for name, path in zip(rated.names, rated.paths, strict=True)]
    plan = {"encoder": teacher.encoder(), "images": [_identity(photo) for photo in photos]}
    with ThreadPoolExecutor(threads) as pool:
        embeddings, errors = _cached(cache, "task2", plan, len(photos), IMAGES_PER_PART, embed)
    tested = set() if exclude_test is None else _tested(rated, exclude_test, allow_missing)
    kept = [index for index in range(len(rated)) if index not in tested and index not in errors]
    if len(kept) < 2:
        raise InputError(f"{scores}: {len(kept)} images are left without those of {exclude_test}")
    about = {
        "data": rated.name,
        "images": len(kept),
        "excluded_test_images": len(tested),
        "noisiness_mos_correlation": polarity,
    }
    sroccs = rating_sroccs(embeddings[kept], torch.from_numpy(rated.attributes)[kept], candidates, threads)
    return TaskResult("task2", sroccs, about, tuple(errors.values()))


def _tested(rated: RatedImages, splits: Path, allow_missing: bool) -> set[int]:
    """The images that any split of the file tests on."""
    return {
        index
        for parts in read_splits(splits, rated)
        for index in split_indices(rated, parts, splits, allow_missing=allow_missing)["test"]
    }


def _identity(photo: Photo) -> list[Any]:
    """What tells a photo from another of the same name: its size in bytes."""
    return [photo.key, photo.path.stat().st_size if photo.size is None else photo.size]


def _cached(cache: Path, name: str, plan: dict[str, Any], count: int, part: int, embed: Embed) -> Any:
    watched = functools.partial(progress, label=name, unit="part")
    return embed_in_parts(cache, name, plan, count, part, embed, watched)
