"""What a million photos cost before and after they are looked at: planning, merging and proving, seconds and memory.

python -m experiments.scaling.million [PHOTOS]: members of tars are made up, commits and their files are real but for what
a worker would have seen. Each part runs in a process of its own; its memory is the peak of the whole process, and what
that grew by, as torch alone takes some hundred MiB.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from attiqa_core.files.whole import write_text
from attiqa_core.shards.commit import commit, prove
from attiqa_core.shards.manifest import Item, plan

MILLION = 1_000_000
SHARD_SIZE = 1024
IN_A_TAR = 10_000


def items(count: int) -> Iterator[Item]:
    """Yield made-up members of tars, as `attiqa label` lists them."""
    for index in range(count):
        tar = f"{index // IN_A_TAR:05d}.tar"
        yield [f"{tar}/{index:09d}.jpg", tar, index % IN_A_TAR * 110_592, 110_000]


def shards_alone(folder: Path, count: int) -> dict[str, float]:
    """Plan, commit and prove, without any command."""
    with _timed() as planning:
        manifest = plan(folder, items(count), {}, shard_size=SHARD_SIZE)
    for shard in manifest.shards():
        write_text(shard.file(".txt"), f"{shard.index}\n")
        commit(shard, [item[0] for item in shard.items()], (".txt",), {}, {})
    with _timed() as proof:
        assert sum(each.done for each in prove(manifest)) == count
    return {"plan": planning.seconds, "proof": proof.seconds}


def label(folder: Path, count: int) -> dict[str, float]:
    """The cache of `attiqa label` and the labels that are derived from it, with made-up rows of five numbers."""
    import numpy as np

    from attiqa_core.labelling import cache as embeddings
    from attiqa_core.labelling import cache_plan, labels
    from attiqa_core.photos.sources import Photo
    from attiqa_core.teachers.statistics import StatisticsTeacher

    teacher = StatisticsTeacher()
    teacher.golden()  # what it imports is no growth
    before = _now()
    photos = (Photo(key, folder / tar, offset, size) for key, tar, offset, size in items(count))
    with _timed() as planning:
        planned = cache_plan.plan(folder / "cache", folder, photos, teacher)
    about = {name: planned.about[name] for name in ("encoder", "golden")}
    for shard in planned.shards():
        listed = [(key, 110_000, "0" * 64) for key, *_ in shard.items()]
        embeddings.write_shard(shard, np.zeros((shard.count, 5), np.float32), listed, {}, about)
    with _timed() as merging:
        whole = embeddings.merge(folder / "cache")
    with _timed() as deriving:
        labels.derive(whole, teacher, folder)
    seconds = {"plan": planning.seconds, "merge and proof": merging.seconds, "labels.csv": deriving.seconds}
    return {**seconds, "grown MiB": _peak() - before}


def score(folder: Path, count: int) -> dict[str, float]:
    """The table of `attiqa score`, with made-up scores."""
    from experiments.drawing.score_table import as_csv
    from experiments.options.score import Config, parts_of
    from experiments.scaling.score_work import ScoreWork

    config = Config((folder,), csv=folder / "table.csv")
    parts, header = parts_of(folder / "table.csv"), ("image", "score", "mos", *"abcde", "scorer")
    before = _now()
    with _timed() as planning:
        manifest = plan(parts, ([key] for key, *_ in items(count)), {"header": header}, shard_size=SHARD_SIZE)
    for shard in manifest.shards():
        keys = [item[0] for item in shard.items()]
        numbers = (str(0.1 + int(key[-13:-4]) * 7919 % 1_000_003 / 1e6) for key in keys)
        rows = [(key, number, *[number] * 6, "0123456789abx5") for key, number in zip(keys, numbers, strict=True)]
        write_text(shard.file(".csv"), as_csv(None, rows))
        commit(shard, keys, (".csv",), {}, {})
    with _timed() as merging:
        ScoreWork(config).merge()
    return {"plan": planning.seconds, "merge, proof and sort": merging.seconds, "grown MiB": _peak() - before}


PARTS: dict[str, Callable[[Path, int], dict[str, float]]] = {"shards": shards_alone, "label": label, "score": score}


class _timed:
    """A context that knows the processor's seconds of this process in it; beside other processes no clock is honest."""

    seconds = 0.0

    def __enter__(self) -> "_timed":
        self.started = time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.process_time() - self.started


def _now() -> float:
    """Return the memory of this process in MiB, and let its peak begin there. Linux only."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _of_status("VmRSS")


def _peak() -> float:
    """Return the largest memory that this process had since `_now`, in MiB."""
    return _of_status("VmHWM")


def _of_status(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(f"{name}:")).split()[1]) / 1024


def measured(part: str, count: int) -> dict[str, float]:
    """Return what a part takes in a process of its own: processor seconds, and MiB."""
    words = [sys.executable, "-m", __spec__.name if __spec__ else __name__, str(count), part]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return json.loads(said.splitlines()[-1])


def main() -> None:
    """Print a line for each part; with a part's name, do it here."""
    count = int(sys.argv[1]) if sys.argv[1:] else MILLION
    if sys.argv[2:]:
        with tempfile.TemporaryDirectory() as folder:
            took = PARTS[sys.argv[2]](Path(folder), count)
        print(json.dumps({**took, "peak MiB": _peak()}))
        return
    for part in PARTS:
        print(
            f"{part}, {count:,} photos: "
            + ", ".join(f"{name} {value:.1f}" for name, value in measured(part, count).items())
        )


if __name__ == "__main__":
    main()
