"""`label`, `score`, `render` and `bake` in one process, in three parts at once, and over two actors of Ray, one killed in mid-shard.

python -m experiments.scaling.rehearsal.same_bytes [--pictures 48] [--raws 24] [--only VERB]

Each as a user runs it, on the CPU, one thread a process. Prints a line each with seconds and items/s, and whether the files
are the same; exit 1 if some are not. Then what Ray costs: to start, and for each shard.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from attiqa_core.files.whole import sha256
from attiqa_core.runs.lock import PRIVATE
from experiments.scaling.rehearsal.overhead import overhead
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.dng import write_frame
from isp_env.raw_io.synthetic import synthesise

WORKING = b"ray::ShardActor.do"
"""What Ray calls the process of an actor that is making a shard."""

RAY = ("--ray", "local", "--ray-actors", "2", "--ray-memory-gb", "1")


@dataclass(frozen=True)
class Case:
    """A command, without its folder; which option names that, and which files of it are the result."""

    words: tuple[str, ...]
    to: str
    results: Callable[[Path], list[Path]]
    items: int

    def files(self, out: Path) -> dict[str, str]:
        """Return the hashes of the result's files by their names."""
        return {
            str(path.relative_to(out.parent)).replace(out.name, "OUT", 1): sha256(path) for path in self.results(out)
        }


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pictures", type=int, default=48)
    options.add_argument("--raws", type=int, default=24)
    options.add_argument("--only", default="")
    given = options.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_pictures(folder / "photos", given.pictures)
        _write_raws(folder / "raws", given.raws)
        for verb, case in cases(folder, given.pictures, given.raws).items():
            if verb.startswith(given.only):
                wrong += rehearse(verb, case, folder)
        started, each = overhead(folder / "empty")
        print(
            f"Ray: {started:.1f} s to start, two actors ready, and end; {1000 * each:.2f} ms for each shard on top of its work"
        )
    return 1 if wrong else 0


def cases(folder: Path, pictures: int, raws: int) -> dict[str, Case]:
    """Return what is rehearsed: each needs no download."""
    photos, frames = str(folder / "photos"), str(folder / "raws")
    label = ("label", photos, "--teacher", "statistics", "--shard-size", "4", "--threads", "1")
    score = ("score", photos, "--workers", "1", "--shard-size", "4")
    return {
        "label": Case(label, "--out", lambda out: [out / "labels.csv", out / "labels.json"], pictures),
        "score": Case(score, "--csv", lambda out: [out], pictures),
        "render": Case(("render", frames, "--jobs", "1"), "--out", _all_but_the_origin, raws),
        "bake": Case(("bake", frames, "--crops", "1"), "--out", _stores, raws),
    }


def _all_but_the_origin(out: Path) -> list[Path]:
    """A render's pictures, recipes, and what is about all of them."""
    own = (PRIVATE, ".shards", "config.toml", "meta.json")
    return [path for path in sorted(out.rglob("*")) if path.is_file() and path.relative_to(out).parts[0] not in own]


def _stores(out: Path) -> list[Path]:
    return [
        path
        for path in sorted(out.iterdir())
        if path.name in ("contexts.bin", "index.jsonl", "store.json", "sheet.jpg")
    ]


def rehearse(verb: str, case: Case, folder: Path) -> int:
    """Run a command in every way, print what came of it, and return how many ways did not give the same bytes."""
    ways = {
        "one process": _alone,
        "--shard 0/3, 1/3, 2/3 and merge": _parts,
        "2 actors": _ray,
        "2 actors, one killed": _ray_killed,
    }
    expected: dict[str, str] = {}
    wrong = 0
    for number, (way, run) in enumerate(ways.items()):
        out = folder / f"{verb}-{number}"
        began = time.perf_counter()
        run([*case.words, case.to, str(out)], out)
        seconds = time.perf_counter() - began
        found = case.files(out)
        expected = expected or found
        different = sorted(name for name in expected | found if expected.get(name) != found.get(name))
        said = f"the same {len(found)} files" if not different else f"DIFFERENT: {', '.join(different[:4])}"
        print(f"{verb:<7} {way:<32} {seconds:6.1f} s {case.items / seconds:6.2f} items/s  {said}", flush=True)
        wrong += bool(different)
    return wrong


def _alone(words: Sequence[str], out: Path) -> None:
    _finish(_start(words))


def _parts(words: Sequence[str], out: Path) -> None:
    workers = [_start([*words, "--shard", f"{part}/3"]) for part in range(3)]
    for worker in workers:
        _finish(worker)
    folder = out.with_name(f"{out.name}.parts")  # where a table's parts lie
    _finish(_start(["merge", str(folder if folder.is_dir() else out)]))


def _ray(words: Sequence[str], out: Path) -> None:
    _finish(_start([*words, *RAY]))


def _ray_killed(words: Sequence[str], out: Path) -> None:
    driver = _start([*words, *RAY])
    while driver.poll() is None:
        if (worker := next(working(driver.pid), None)) is not None:
            os.kill(worker, signal.SIGKILL)
            break
        time.sleep(0.002)
    else:
        raise SystemExit("no actor was seen at work; give more --pictures or --raws")
    _finish(driver)


def working(driver: int) -> Iterator[int]:
    """Yield the processes that make a shard, of all those that a driver's Ray started."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if path.read_bytes().startswith(WORKING) and driver in _ancestors(int(path.parent.name)):
                yield int(path.parent.name)


def _ancestors(process: int) -> Iterator[int]:
    while process > 1:
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
        yield process


def _start(words: Sequence[str]) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.Popen(
        [sys.executable, "-m", "experiments.cli", *words],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _finish(process: subprocess.Popen[bytes]) -> None:
    _, err = process.communicate()
    if process.returncode:
        raise SystemExit(f"{process.args}: exit {process.returncode}\n{err.decode()}")


def _write_pictures(folder: Path, count: int) -> None:
    folder.mkdir()
    random = np.random.default_rng(0)
    for index in range(count):
        Image.fromarray(_picture(random, 384, 512)).save(folder / f"{index:04d}.png")


def _write_raws(folder: Path, count: int) -> None:
    folder.mkdir()
    random = np.random.default_rng(1)
    for index in range(count):
        frame = synthesise(_picture(random, 384, 512), CAMERAS["sony-a7m3"], iso=400)
        write_frame(folder / f"{index:04d}.dng", frame)


def _picture(random: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Slopes and noise, none like another."""
    slope = np.cumsum(random.normal(0, 3, (height, width, 3)), axis=1) + random.uniform(60, 190, 3)
    return np.clip(slope, 0, 255).astype(np.uint8)


if __name__ == "__main__":
    sys.exit(main())
