"""Filling the cache: photos are read and prepared in threads while the encoder works on those before them."""

import hashlib
import itertools
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from attiqa_core.errors import InputError
from attiqa_core.files.whole import read_json
from attiqa_core.labelling.cache import write_shard
from attiqa_core.labelling.cache_plan import check_encoder, photos_of
from attiqa_core.labelling.label_guard import check_half, check_precision
from attiqa_core.labelling.limits import BATCH, MAX_ERROR_RATE, THREADS
from attiqa_core.labelling.read_ahead import read_ahead
from attiqa_core.photos.decode import decode_rgb
from attiqa_core.photos.sources import Photo, photo_bytes
from attiqa_core.shards.commit import Commit, is_committed
from attiqa_core.shards.manifest import Manifest, Shard
from attiqa_core.teachers.teacher import LabellingTeacher, ReducedPrecision

VERSIONED = ("torch", "torchvision", "open_clip_torch", "pillow", "numpy")
RATE_IS_KNOWN_FROM = 1000  # photos; before that many, the cap on errors is a cap on their number


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


@dataclass(frozen=True)
class _Encoder:
    """A teacher that makes the rows of a planned cache; the first shard's are `verified`, `advance` is told of photos."""

    about: Mapping[str, Any]
    teacher: LabellingTeacher
    batch: int
    verified: bool = True
    advance: Callable[[int], object] = lambda photos: None


def embed_shards(
    planned: Manifest,
    teacher: LabellingTeacher,
    *,
    shards: Sequence[Shard] | None = None,
    batch: int = BATCH,
    threads: int = THREADS,
    max_error_rate: float = MAX_ERROR_RATE,
    retry_errors: bool = False,
    verified: bool = True,
    advance: Callable[[int], object] = lambda photos: None,
) -> None:
    """Make all shards of a cache, or these of them, that are not there yet; `advance` is told of photos as they are done.

    With `retry_errors` a finished shard with unreadable photos is made again. Reading goes on across the borders of
    shards. An interrupt leaves the finished shards. The first shard's labels are compared with those of exact rows where
    rows are float16 or the encoder computes in less than fp32, unless they are not to be `verified`.
    Raises: InputError when more photos are unreadable than the cap allows; UsageError if float16 rows would change the
    labels, ImpreciseEncoder if the encoder's precision would.
    """
    shards, about = planned.shards() if shards is None else shards, planned.about
    errors_of = {shard.index: len(read_json(shard.file(".json"))["errors"]) for shard in shards if is_committed(shard)}
    finished = {index: count for index, count in errors_of.items() if not (retry_errors and count)}
    waiting = [shard for shard in shards if shard.index not in finished]
    prepared = _prepare_all(waiting, about, teacher, batch, threads)
    encoder = _Encoder(about, teacher, batch, verified, advance)
    seen = errors = 0
    try:
        for shard in shards:
            seen += shard.count
            if shard.index in finished:
                errors += finished[shard.index]
                advance(shard.count)
                continue
            allowed = max_error_rate * max(seen, min(RATE_IS_KNOWN_FROM, planned.count))
            photos = itertools.islice(prepared, shard.count)
            errors += len(_embed(shard, photos, encoder, allowed - errors).errors)
    finally:
        prepared.close()


def worker(
    planned: Manifest,
    teacher: LabellingTeacher,
    *,
    batch: int = BATCH,
    threads: int = THREADS,
    max_error_rate: float = MAX_ERROR_RATE,
) -> Callable[[Shard], Commit]:
    """Return what makes and commits any one shard of a cache, whatever others do.

    Of all photos that it is given so many may be unreadable as of those of a whole run. Errors as `embed_shards`.
    """
    check_encoder(planned.folder, planned.about, teacher)
    encoder = _Encoder(planned.about, teacher, batch)
    seen = errors = 0

    def make(shard: Shard) -> Commit:
        nonlocal seen, errors
        seen += shard.count
        allowed = max_error_rate * max(seen, min(RATE_IS_KNOWN_FROM, planned.count))
        prepared = _prepare_all([shard], planned.about, teacher, batch, threads)
        try:
            made = _embed(shard, prepared, encoder, allowed - errors)
        finally:
            prepared.close()
        errors += len(made.errors)
        return made

    return make


def _prepare_all(
    shards: Sequence[Shard], about: Mapping[str, Any], teacher: LabellingTeacher, batch: int, threads: int
) -> Generator[Prepared | Unreadable]:
    photos = itertools.chain.from_iterable(photos_of(shard, Path(about["root"])) for shard in shards)
    return read_ahead(lambda photo: prepare(photo, teacher), photos, threads, 2 * batch + 2 * threads)


def prepare(photo: Photo, teacher: LabellingTeacher) -> Prepared | Unreadable:
    """Return a photo read, decoded and preprocessed, or why that is not possible."""
    try:
        content = photo_bytes(photo)
        pixels = teacher.prepare(decode_rgb(content, photo.name))
    except InputError as error:
        return Unreadable(photo.key, str(error))
    return Prepared(photo.key, len(content), hashlib.sha256(content).hexdigest(), pixels)


def _embed(shard: Shard, prepared: Iterator[Prepared | Unreadable], encoder: _Encoder, allowed_errors: float) -> Commit:
    """Encode and commit a shard."""
    about, teacher, advance = encoder.about, encoder.teacher, encoder.advance
    golden = teacher.golden()
    verified = encoder.verified and shard.index == 0
    in_fp32 = _in_fp32(teacher) if verified and about["encoder"]["precision"] != "fp32" else None
    errors: dict[str, str] = {}
    manifest: list[tuple[str, int, str]] = []
    rows: list[Tensor] = []
    exact_rows: list[Tensor] = []
    readable = _readable(prepared, errors, allowed_errors, shard.folder, advance)
    while chosen := list(itertools.islice(readable, encoder.batch)):
        pixels = [each.pixels for each in chosen]
        rows.append(teacher.encode(pixels))
        if in_fp32 is not None:
            with torch.compiler.set_stance("force_eager"):  # a compilation is not worth one shard
                exact_rows.append(in_fp32.encode(pixels))
        manifest += [(each.key, each.bytes, each.sha256) for each in chosen]
        advance(len(chosen))
    found = _joined(rows, len(golden))
    if about["rows"] == "embeddings" and not bool(found.isfinite().all()):
        broken = manifest[int((~found.isfinite()).any(1).nonzero()[0])][0]
        raise InputError(f"{broken}: its embedding is NaN or infinite; check the weights, or use --precision fp32")
    sidecar: dict[str, Any] = {"dtype": about["dtype"], "encoder": about["encoder"], "golden": golden}
    if verified:
        sidecar |= _changes(shard.folder, about, teacher, found, _joined(exact_rows, len(golden)))
    sidecar["versions"] = {package: metadata.version(package) for package in VERSIONED}
    return write_shard(shard, found.numpy().astype(about["dtype"]), manifest, errors, sidecar)


def _changes(
    folder: Path, about: Mapping[str, Any], teacher: LabellingTeacher, rows: Tensor, exact: Tensor
) -> dict[str, dict[str, float]]:
    """What each way to use fewer bits does to the labels; errors as `check_precision` and `check_half`."""
    changes, precision = {}, about["encoder"]["precision"]
    if precision != "fp32":
        changes[precision] = check_precision(rows, exact, teacher, precision, folder)
    if about["dtype"] == "float16":
        changes["half"] = check_half(rows, teacher, folder)
    return changes


def _joined(batches: Sequence[Tensor], width: int) -> Tensor:
    return torch.cat(list(batches)).float().cpu() if batches else torch.empty(0, width)


def _in_fp32(teacher: LabellingTeacher) -> LabellingTeacher:
    assert isinstance(teacher, ReducedPrecision), (
        f"the {teacher.name} teacher computes in less than fp32: see ReducedPrecision"
    )
    return teacher.in_fp32()


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
