"""Filling the cache: photos are read and prepared in threads while the encoder works on those before them."""

import hashlib
import itertools
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor

from attiqa_core.errors import InputError, UsageError
from attiqa_core.files import read_json
from attiqa_core.labelling.cache import write_shard
from attiqa_core.labelling.cache_plan import Shard, check_encoder, read_plan
from attiqa_core.labelling.read_ahead import read_ahead
from attiqa_core.photos.decode import decode_rgb
from attiqa_core.photos.sources import Photo, photo_bytes
from attiqa_core.teachers.teacher import LabellingTeacher

VERSIONED = ("torch", "torchvision", "open_clip_torch", "pillow", "numpy")
RATE_IS_KNOWN_FROM = 1000  # photos; before that many, the cap on errors is a cap on their number
HALF_ERROR = 0.01  # largest error of a label from float16 rows, in standard deviations of the labels
HALF_SROCC = 0.9999


@dataclass(frozen=True)
class Prepared:
    """A photo ready for the encoder, with its line of the manifest."""

    key: str
    bytes: int
    sha256: str
    pixels: Tensor


@dataclass(frozen=True)
class Unreadable:
    """A photo that could not be read, and why."""

    key: str
    message: str


def embed_shards(
    shards: Sequence[Shard],
    teacher: LabellingTeacher,
    *,
    batch: int = 64,
    threads: int = 2,
    max_error_rate: float = 0.05,
    retry_errors: bool = False,
    advance: Callable[[int], object] = lambda photos: None,
) -> None:
    """Make the shards that are not there yet; `advance` is told of photos as they are done.

    With `retry_errors` a finished shard with unreadable photos is made again. Reading goes on across the borders of shards. An interrupt leaves the finished shards.
    Raises: InputError when more photos are unreadable than the cap allows.
    """
    errors_of = {shard.index: len(read_json(shard.file(".json"))["errors"]) for shard in shards if shard.finished}
    finished = {index: count for index, count in errors_of.items() if not (retry_errors and count)}
    waiting = [shard for shard in shards if shard.index not in finished]
    prepared = _prepare_all(waiting, teacher, batch, threads)
    seen = errors = 0
    try:
        for shard in shards:
            seen += shard.count
            if shard.index in finished:
                errors += finished[shard.index]
                advance(shard.count)
                continue
            allowed = max_error_rate * max(seen, min(RATE_IS_KNOWN_FROM, sum(each.count for each in shards)))
            photos = itertools.islice(prepared, shard.count)
            errors += _embed(shard, photos, teacher, batch, allowed - errors, advance)
    finally:
        prepared.close()


def embed_shard(
    shard: Shard, teacher: LabellingTeacher, *, batch: int = 64, threads: int = 2, max_error_rate: float = 0.05
) -> int:
    """Make one shard, whatever the others do, and return how many of its photos cannot be read.

    What a worker runs: it depends on the plan and writes this shard only. Errors as `embed_shards`, of this shard.
    """
    check_encoder(shard.folder, teacher)
    prepared = _prepare_all([shard], teacher, batch, threads)
    try:
        return _embed(shard, prepared, teacher, batch, max_error_rate * shard.count, lambda photos: None)
    finally:
        prepared.close()


def _prepare_all(
    shards: Sequence[Shard], teacher: LabellingTeacher, batch: int, threads: int
) -> Generator[Prepared | Unreadable]:
    photos = itertools.chain.from_iterable(shard.photos() for shard in shards)
    return read_ahead(lambda photo: prepare(photo, teacher), photos, threads, 2 * batch + 2 * threads)


def prepare(photo: Photo, teacher: LabellingTeacher) -> Prepared | Unreadable:
    """Return a photo read, decoded and preprocessed, or why that is not possible."""
    try:
        content = photo_bytes(photo)
        pixels = teacher.prepare(decode_rgb(content, photo.name))
    except InputError as error:
        return Unreadable(photo.key, str(error))
    return Prepared(photo.key, len(content), hashlib.sha256(content).hexdigest(), pixels)


def _embed(
    shard: Shard,
    prepared: Iterator[Prepared | Unreadable],
    teacher: LabellingTeacher,
    batch: int,
    allowed_errors: float,
    advance: Callable[[int], object],
) -> int:
    """Encode and commit a shard; return the number of its errors."""
    errors: dict[str, str] = {}
    manifest: list[tuple[str, int, str]] = []
    rows: list[Tensor] = []
    readable = _readable(prepared, errors, allowed_errors, shard.folder, advance)
    while chosen := list(itertools.islice(readable, batch)):
        rows.append(teacher.encode([each.pixels for each in chosen]))
        manifest += [(each.key, each.bytes, each.sha256) for each in chosen]
        advance(len(chosen))
    about = read_plan(shard.folder)
    golden = teacher.golden()
    exact = torch.cat(rows).float().cpu() if rows else torch.empty(0, len(golden))
    if about["rows"] == "embeddings" and not bool(exact.isfinite().all()):
        broken = manifest[int((~exact.isfinite()).any(1).nonzero()[0])][0]
        raise InputError(f"{broken}: its embedding is NaN or infinite; check the weights, or use --precision fp32")
    sidecar: dict[str, Any] = {"dtype": about["dtype"], "errors": errors, "encoder": about["encoder"], "golden": golden}
    if about["dtype"] == "float16" and shard.index == 0:
        sidecar["half"] = _check_half(exact, teacher, shard.folder)
    sidecar["versions"] = {package: metadata.version(package) for package in VERSIONED}
    write_shard(shard, exact.numpy().astype(about["dtype"]), manifest, sidecar)
    return len(errors)


def _readable(
    prepared: Iterator[Prepared | Unreadable],
    errors: dict[str, str],
    allowed: float,
    folder: Path,
    advance: Callable[[int], object],
) -> Iterator[Prepared]:
    """Yield the photos that could be read, record the others. Raises: InputError when they are too many."""
    for item in prepared:
        if isinstance(item, Prepared):
            yield item
            continue
        errors[item.key] = item.message
        advance(1)
        if len(errors) > allowed:
            raise InputError(
                f"{folder}: more photos cannot be read than --max-error-rate allows; the last: {item.message}; mend "
                "them or raise the rate, and go on with --resume (what is finished is kept)"
            )


def _check_half(exact: Tensor, teacher: LabellingTeacher, folder: Path) -> dict[str, float]:
    """The effect of float16 rows on the labels of a shard. Raises: UsageError if it is not negligible."""
    labels = teacher.labels(exact).cpu()
    rounded = teacher.labels(exact.half().float()).cpu()
    if len(labels) < 2:
        raise UsageError(f"{folder}: --half cannot be verified on {len(labels)} photos; leave it out")
    spread = labels.std(0).clamp_min(1e-12)
    error = float(((rounded - labels).abs().amax(0) / spread).max())
    columns = zip(labels.T.numpy(), rounded.T.numpy(), strict=True)
    order = min(float(np.nan_to_num(spearmanr(one, other)[0])) for one, other in columns)  # pyright: ignore
    if error > HALF_ERROR or order < HALF_SROCC:
        raise UsageError(
            f"{folder}: --half would change the labels (error {error:.2g} of their standard deviation, SROCC "
            f"{order:.6f} on the first shard); run again without --half"
        )
    return {"largest_error_in_std": error, "lowest_srocc": order}
