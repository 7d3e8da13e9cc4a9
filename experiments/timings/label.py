"""Labelling: the encoder by itself, photos from files to cached embeddings, other prompts, a million photos."""

import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import open_clip
import torch

from attiqa_core.labelling import cache as embeddings
from attiqa_core.labelling.cache_plan import plan
from attiqa_core.labelling.encoding import embed_shards
from attiqa_core.labelling.labels import derive
from attiqa_core.photos.decode import read_rgb
from attiqa_core.photos.sources import Photo, find_photos
from attiqa_core.teachers.clip import ClipTeacher
from attiqa_core.teachers.statistics import StatisticsTeacher
from experiments.timings import Row, median_seconds
from experiments.timings.finetune import synthetic_jpegs

MILLION = 1_000_000


def measure(
    repeats: int, device: torch.device, model: str = "ViT-B-16", photos: int | None = None, listed: int = MILLION
) -> list[Row]:
    """Photos per second of CLIP's image tower on a ready batch, of `attiqa label` from JPEG files, and of a loop that
    decodes a batch and then encodes it, with random weights; then what the cache costs without any encoder."""
    cuda = device.type == "cuda"
    teacher = random_clip(model, device)
    batch, count = (256, photos or 8192) if cuda else (16, photos or 48)
    with tempfile.TemporaryDirectory() as folder:
        _write_photos(Path(folder) / "photos", count)
        bare, whole, serial = _rates(teacher, Path(folder), count, batch, repeats)
        derived = _derived_rate(teacher, Path(folder), repeats)
    about = f"{teacher.model}, {teacher.precision}"
    return [
        Row(f"CLIP image tower, {about}", bare, "img/s", f"a ready batch of {batch}, random weights"),
        Row("label: JPEG 500x375 to cached embeddings", whole, "img/s", f"{whole / bare:.0%} of the tower by itself"),
        Row("naive: decode a batch, then encode it", serial, "img/s", f"{serial / bare:.0%} of the tower by itself"),
        Row("other prompts, from the cache", derived, "img/s", "no photo is read; proof of the cache included"),
        *_listing(listed),
    ]


def random_clip(model: str, device: torch.device) -> ClipTeacher:
    """Return a CLIP teacher with random weights, in the precision that is fast on the device."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network, _, preprocess = open_clip.create_model_and_transforms(model, device=device)
    loaded = network.eval().requires_grad_(False), preprocess
    return ClipTeacher(model, "random", device=device, precision="auto", loaded=loaded)


def _write_photos(folder: Path, count: int) -> None:
    """Write `count` JPEGs, the later ones as links to the first 512."""
    folder.mkdir()
    written = synthetic_jpegs(folder, min(count, 512))
    for index in range(len(written), count):
        (folder / f"{index:06d}.jpg").hardlink_to(written[index % len(written)])


def _rates(teacher: ClipTeacher, folder: Path, count: int, batch: int, repeats: int) -> tuple[float, float, float]:
    """Photos per second of the bare encoder, of labelling, and of the serial loop, measured in turns."""
    root, photos = find_photos([folder / "photos"])
    ready = [teacher.prepare(read_rgb(photos[0].path))] * batch
    plans = (plan(folder / f"cache{index}", root, photos, teacher) for index in itertools.count())

    def bare() -> None:
        rows = [teacher.encode(ready) for _ in range(0, count, batch)]
        rows[-1].cpu()

    def labelling() -> None:
        threads = os.cpu_count() or 1
        embed_shards(
            planned, teacher, batch=batch, threads=threads, verified=False
        )  # random weights have no true labels

    def serial() -> None:
        for start in range(0, count, batch):
            teacher.encode([teacher.prepare(read_rgb(each.path)) for each in photos[start : start + batch]]).cpu()

    seconds: dict = {bare: [], labelling: [], serial: []}
    for turn in range(repeats + 1):
        planned = next(plans)
        for work, times in seconds.items():
            start = time.perf_counter()
            work()
            times += [time.perf_counter() - start] if turn else []  # the first turn warms up
    one, two, three = (count / statistics.median(times) for times in seconds.values())
    return one, two, three


def _derived_rate(teacher: ClipTeacher, folder: Path, repeats: int) -> float:
    """Photos per second of labels from a finished cache."""
    runs = (folder / f"labels{index}" for index in itertools.count())
    count = embeddings.merge(folder / "cache0").count
    derive_again = lambda: derive(embeddings.merge(folder / "cache0"), teacher, next(runs))  # noqa: E731
    return count / median_seconds(derive_again, repeats, teacher.device)


def _listing(count: int) -> list[Row]:
    """Seconds and growth of the peak memory of a process that plans and merges a cache of `count` photos."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-c", f"from experiments.timings import label; label.list_photos({folder!r}, {count})"]
        answer = subprocess.run(words, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=True).stdout
    grown = json.loads(answer)
    note = f"{count} photos listed, in shards of 1024, without reading any"
    return [
        Row("label: plan and proof of cover", grown["seconds"], "s", note),
        Row("label: growth of the peak memory meanwhile", grown["MiB"], "MiB", "then labels.csv is written, included"),
    ]


def list_photos(folder: str, count: int) -> None:
    """Plan, fill with made-up rows, merge and label a cache of `count` photos; print seconds and MiB as JSON."""
    teacher, cache = StatisticsTeacher(), Path(folder) / "cache"
    teacher.golden()  # what it imports is no growth
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    photos = (Photo(f"n{index // 1300:08d}/{index:012d}.JPEG", Path(folder)) for index in range(count))
    planned = plan(cache, Path(folder), photos, teacher)
    planning = time.perf_counter() - start
    common = {name: planned.about[name] for name in ("encoder", "golden")}
    for shard in planned.shards():
        listed = [(key, 110_000, "0" * 64) for key, *_ in shard.items()]
        embeddings.write_shard(shard, np.zeros((shard.count, 5), np.float32), listed, {}, common)
    start = time.perf_counter()
    derive(embeddings.merge(cache), teacher, Path(folder))
    seconds = planning + time.perf_counter() - start
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # KiB on Linux
    print(json.dumps({"seconds": seconds, "MiB": grown / 1024}))
