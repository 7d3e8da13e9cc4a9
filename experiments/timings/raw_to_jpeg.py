"""A raw file to a JPEG file, and a folder of them, beside LibRaw with the same encoder; seconds of wall and of processor."""

import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import rawpy
import torch

from attiqa_core.files.whole import write_json
from attiqa_isp.again import command, environment
from experiments.pictures.encoders import encode_jpeg
from experiments.pictures.writing import save_pixels
from experiments.rendering.batch import usual_jobs
from experiments.rendering.inputs import find_sources
from experiments.rendering.one_picture import Making
from experiments.rendering.run import render_all
from experiments.rendering.settings import Settings
from experiments.rendering.tuning import Tuning
from experiments.timings import Row
from experiments.timings.isp import synthetic_frame
from isp_env.native.build import library
from isp_env.params import NAMES, PARAMETERS, IspParams
from isp_env.raw import RawFrame
from isp_env.raw_io.dng import write_frame
from isp_env.tiles import render_quantised

FOLDER = 10  # pictures
ACTION = 0.3  # of every parameter where all are on


@dataclass(frozen=True)
class Seconds:
    """Of one picture: on the clock, and of all processors together, which other programs disturb less."""

    wall: float
    processor: float


def measure(repeats: int, device: torch.device, raw: Path | None) -> list[Row]:
    """File to JPEG at identity and with all parameters on, each with and without denoising, LibRaw's AHD, folders of ten, memory."""
    way = "native" if device.type == "cpu" and library() is not None else f"torch on {device}"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = raw or _synthetic(folder)
        height, width = RawFrame.load(path).samples.shape[:2]
        theirs = _best(lambda: _libraw(path, folder / "libraw.jpg"), repeats)
        label = f"raw to JPEG, {height * width / 1e6:.1f} MP"
        rows = _rows(f"{label}, LibRaw AHD", theirs, None, "through rawpy, as LibRaw was built")
        for title, params in _settings().items():
            ours = _best(lambda params=params: _ours(path, params, folder / "ours.jpg", device), repeats)
            rows += _rows(f"{label}, {title}", ours, theirs, way)
            many = _folder(path, params, folder / title, repeats, device)
            rows += _rows(f"folder of {FOLDER}, {title}, each", many, theirs, way)
        rows += _memory(path, folder, device)
    return rows


def _synthetic(folder: Path) -> Path:
    path = folder / "synthetic.dng"
    write_frame(path, synthetic_frame(3000, 4000))
    return path


def _all_on() -> IspParams:
    return IspParams.from_action(torch.full((1, len(IspParams.identity_action())), ACTION))


def _settings() -> dict[str, IspParams]:
    noisy = {"identity": IspParams.default(1), "all parameters": _all_on()}
    clean = {f"{title}, no denoising": _without_denoising(params) for title, params in noisy.items()}
    return {**noisy, **clean}


def _without_denoising(params: IspParams) -> IspParams:
    lowest = {name: PARAMETERS[NAMES.index(name)].low for name in ("denoise_luma", "denoise_chroma")}
    return IspParams.from_dict({**params.to_dicts()[0], **lowest})


def _ours(path: Path, params: IspParams, jpeg: Path, device: torch.device) -> None:
    frame = RawFrame.load(path)
    save_pixels(jpeg, render_quantised(frame, params, bits=8, device=device), metadata=frame.metadata)


def _libraw(path: Path, jpeg: Path) -> None:
    with rawpy.imread(str(path)) as opened:
        picture = opened.postprocess(use_camera_wb=True, demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD)
    jpeg.write_bytes(encode_jpeg(picture))


def _folder(path: Path, params: IspParams, folder: Path, repeats: int, device: torch.device) -> Seconds:
    """Of each picture of a folder that holds the raw ten times."""
    folder.mkdir()
    copies = [folder / f"{index}{path.suffix}" for index in range(FOLDER)]
    for copy in copies:
        copy.symlink_to(path.resolve())
    rounds = itertools.count()
    tuning = Tuning(lambda frame: params, "speed", {}, {})

    def render() -> None:
        making = Making(folder / str(next(rounds)), tuning, Settings({}, {}, {}), device)
        render_all(making, find_sources(copies), jobs=usual_jobs(), sheet=False)

    whole = _best(render, max(1, repeats // 2))
    return Seconds(whole.wall / FOLDER, whole.processor / FOLDER)


def _memory(path: Path, folder: Path, device: torch.device) -> list[Row]:
    """The highest resident memory of `attiqa render` in a process of its own, and of one that only imports torch."""
    settings = folder / "all.json"
    write_json(settings, _all_on().to_dicts()[0])
    words = ["render", path, "--params", settings, "--out", folder / "alone", "--no-sheet", "--device", device]
    return [
        Row(
            "memory of attiqa render, one raw",
            _peak_gb(command(*words)),
            "GB",
            "at its highest, Python and torch in it",
        ),
        Row("memory of importing torch", _peak_gb([sys.executable, "-c", "import torch"]), "GB", "and nothing else"),
    ]


def _peak_gb(words: list[str]) -> float:
    process = subprocess.Popen(words, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{' '.join(map(str, words))} failed"
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return kilobytes / 1e6


def _rows(what: str, seconds: Seconds, theirs: Seconds | None, note: str) -> list[Row]:
    """Wall and processor time, each with its ratio to LibRaw's."""
    wall, processor = ("", "") if theirs is None else (
        f"{seconds.wall / theirs.wall:.2f}x LibRaw, ", f"{seconds.processor / theirs.processor:.2f}x LibRaw, "
    )  # fmt: skip
    return [
        Row(what, seconds.wall, "s", wall + note),
        Row(f"{what}, processors", seconds.processor, "s", processor + note),
    ]


def _best(work: Callable[[], object], repeats: int) -> Seconds:
    """The least wall and processor time of `repeats` runs, after one that does not count."""
    work()
    runs = [_once(work) for _ in range(repeats)]
    return Seconds(min(run.wall for run in runs), min(run.processor for run in runs))


def _once(work: Callable[[], object]) -> Seconds:
    clock, processor = time.perf_counter(), _processor_seconds()
    work()
    return Seconds(time.perf_counter() - clock, _processor_seconds() - processor)


def _processor_seconds() -> float:
    """Of this process and, where the system tells (Linux), of those that it started: raws are decoded in one of them."""
    listings = Path("/proc/self/task").glob("*/children")
    children = [pid for listing in listings for pid in listing.read_text().split()]
    spent = [Path("/proc", pid, "schedstat").read_text().split()[0] for pid in children]
    return time.process_time() + sum(map(int, spent)) / 1e9
