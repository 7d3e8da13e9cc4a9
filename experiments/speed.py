"""Time what users wait for on this machine: ISP, scorer, environment, raw to JPEG; each beside the plain way of doing it."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from experiments.outcome import Outcome


@dataclass(frozen=True)
class Config:
    """Options of `attiqa speed`."""

    out: Path | None = None
    """Also write the table to this JSON file."""
    parts: tuple[Literal["isp", "scorer", "env", "raw"], ...] = ("isp", "scorer", "env", "raw")
    """What to time."""
    scorer: str = "attiqa-mini"
    """Name of a shipped scorer, or the folder of one."""
    raw: Path | None = None
    """A raw file for raw-to-JPEG; default a synthetic 12 MP DNG."""
    repeats: int = 5
    """Runs of each; the median counts, after one that does not."""
    compile: bool = True
    """Also time the ISP on proxies under torch.compile (adds some minutes)."""
    device: str = "auto"
    """auto, cpu or cuda."""


@dataclass(frozen=True)
class Row:
    """One line of the table: what was timed, its figure and unit, and a note."""

    what: str
    figure: float
    unit: str
    note: str = ""


def run(config: Config) -> Outcome:
    """Time the parts asked for and print the table."""
    from attiqa_core.errors import UsageError
    from attiqa_core.runs import pick_device, provenance, write_json
    from attiqa_core.scorer import Scorer

    if config.out is not None and config.out.exists():
        raise UsageError(f"--out {config.out}: exists already; name another file or remove it")
    device = pick_device(config.device)
    scorer = Scorer.load(config.scorer, device, crops=1)
    machine = provenance()
    print(
        f"machine: {machine['device']}, {machine['threads']} threads, torch {machine['versions']['torch']}, on {device}"
    )
    timers: dict[str, Callable[[], list[Row]]] = {
        "isp": lambda: time_isp(config, device),
        "scorer": lambda: time_scorer(config, scorer),
        "env": lambda: time_environment(config, scorer),
        "raw": lambda: time_raw_to_jpeg(config, device),
    }
    rows: list[Row] = []
    for part in config.parts:
        for row in timers[part]():
            print(f"  {row.what:<52}{row.figure:>10.2f} {row.unit:<8} {row.note}", flush=True)
            rows.append(row)
    if config.out is not None:
        write_json(config.out, {**machine, "rows": [vars(row) for row in rows]})
    return Outcome(config.out if config.out is not None else f"{len(rows)} figures, median of {config.repeats} runs")


def median_seconds(work: Callable[[], object], repeats: int, device) -> float:
    """Return the median wall time of `work` after one run that warms up, the device's queue emptied each time."""
    import torch

    def once() -> float:
        start = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - start

    once()
    return statistics.median(once() for _ in range(repeats))


def time_isp(config: Config, device) -> list[Row]:
    """ISP forward, and forward with backward, per megapixel: 16 proxies of 288 px, and one mosaic of 3 MP."""
    import torch

    from isp_env.params import IspParams
    from isp_env.pipeline import prepare, render_prepared
    from isp_env.raw import FrameBatch

    frame = synthetic_frame(1536, 2048)
    proxies = prepare(FrameBatch.stack([frame.proxy(288, square=True)] * 16, device))
    mosaic = prepare(FrameBatch.stack([frame], device))
    rows = []
    for name, batch in (("16 proxies 288x288", proxies), ("one 3 MP mosaic", mosaic)):
        megapixels = len(batch) * batch.samples.shape[-1] * batch.samples.shape[-2] / 1e6
        values = IspParams.from_action(torch.full((len(batch), len(IspParams.identity_action())), 0.1)).values.to(
            device
        )

        def forward(develop=render_prepared, batch=batch, values=values) -> None:
            with torch.no_grad():
                develop(batch, IspParams(values))

        def backward(develop=render_prepared, batch=batch, values=values) -> None:
            learned = values.clone().requires_grad_(True)
            develop(batch, IspParams(learned))[0].mean().backward()

        ways: list[tuple[str, Callable]] = [("eager", render_prepared)]
        if config.compile and batch is proxies:  # a compilation takes a minute or more, and training is what repeats
            ways.append(("compiled", torch.compile(render_prepared)))
        for way, develop in ways:
            for label, work in (("forward", forward), ("forward+backward", backward)):
                seconds = median_seconds(lambda work=work, develop=develop: work(develop), config.repeats, device)
                rows.append(Row(f"ISP {label}, {name}, {way}", 1000 * seconds / megapixels, "ms/MP"))
    return rows


def time_scorer(config: Config, scorer) -> list[Row]:
    """Scorer images per second: centre crop and five crops of 16 pictures, and with the gradient to the picture."""
    import torch

    images = torch.rand(16, 3, 500, 500, device=scorer.device)

    def gradient() -> None:
        leaf = images[:4].clone().requires_grad_(True)
        scorer.with_crops(1)(leaf).sum().backward()

    one, five = (
        median_seconds(lambda crops=crops: scorer.with_crops(crops).score(images), config.repeats, scorer.device)
        for crops in (1, 5)
    )
    with_gradient = median_seconds(gradient, config.repeats, scorer.device)
    return [
        Row("scorer, centre crop, 500x500", 16 / one, "img/s"),
        Row("scorer, five crops, 500x500", 16 / five, "img/s"),
        Row("scorer, centre crop, with gradient", 4 / with_gradient, "img/s"),
    ]


def time_environment(config: Config, scorer) -> list[Row]:
    """Environment steps per second, batched, beside SB3's DummyVecEnv over single environments on the same core."""
    import numpy as np
    import torch
    from stable_baselines3.common.vec_env import DummyVecEnv

    from isp_env.core import IspCore
    from isp_env.env import IspEnv
    from isp_env.vec_env import IspVecEnv

    count = 16
    core = IspCore([synthetic_frame(600, 800)] * count, scorer)
    actions = np.random.default_rng(0).uniform(-0.3, 0.3, (count, core.action_size)).astype(np.float32)
    rates = {}
    for name, env in (
        ("IspVecEnv", IspVecEnv(core, count)),
        ("DummyVecEnv", DummyVecEnv([lambda: IspEnv(core=core)] * count)),
    ):
        env.seed(0)
        env.reset()
        rates[name] = count / median_seconds(lambda env=env: env.step(actions), config.repeats, scorer.device)
    ids, absolute = torch.arange(count, device=core.device), torch.from_numpy(actions).to(core.device)
    with torch.inference_mode():
        images, _ = core.render(ids, absolute)
        rendering = median_seconds(lambda: core.render(ids, absolute), config.repeats, core.device)
        scoring = median_seconds(lambda: core.scorer.read(images), config.repeats, core.device)
    whole = count / rates["IspVecEnv"]
    shares = f"ISP {rendering / whole:.0%}, scorer {scoring / whole:.0%}, rest {1 - (rendering + scoring) / whole:.0%}"
    return [
        Row(f"environment, IspVecEnv of {count}", rates["IspVecEnv"], "steps/s", shares),
        Row(f"environment, DummyVecEnv of {count} IspEnv", rates["DummyVecEnv"], "steps/s"),
        Row("IspVecEnv over DummyVecEnv", rates["IspVecEnv"] / rates["DummyVecEnv"], "x"),
    ]


def time_raw_to_jpeg(config: Config, device) -> list[Row]:
    """Raw file to JPEG file beside LibRaw's AHD through rawpy, and what each part of ours takes."""
    import tempfile

    import rawpy

    from experiments.pictures import save_picture
    from isp_env.dng import write_frame
    from isp_env.params import IspParams
    from isp_env.raw import RawFrame
    from isp_env.tiles import render_full

    with tempfile.TemporaryDirectory() as folder:
        path = config.raw
        if path is None:
            path = Path(folder) / "synthetic.dng"
            write_frame(path, synthetic_frame(3000, 4000))
        jpeg = Path(folder) / "picture.jpg"
        frame = RawFrame.load(path)
        rgb = render_full(frame, IspParams.default(1), device=device)
        repeats = max(1, min(3, config.repeats))
        loading = median_seconds(lambda: RawFrame.load(path), repeats, device)
        rendering = median_seconds(lambda: render_full(frame, IspParams.default(1), device=device), repeats, device)
        saving = median_seconds(lambda: save_picture(jpeg, rgb, metadata={}), repeats, device)

        def libraw() -> None:
            with rawpy.imread(str(path)) as raw:
                picture = raw.postprocess(use_camera_wb=True, demosaic_algorithm=rawpy.DemosaicAlgorithm.AHD)
            from PIL import Image

            Image.fromarray(picture).save(jpeg, quality=95, subsampling=0)

        theirs = median_seconds(libraw, repeats, device)
    whole = loading + rendering + saving
    megapixels = rgb.shape[1] * rgb.shape[2] / 1e6
    shares = f"load {loading / whole:.0%}, render {rendering / whole:.0%}, save {saving / whole:.0%}"
    return [
        Row(f"raw to JPEG, {megapixels:.1f} MP, attiqa", whole, "s", shares),
        Row(f"raw to JPEG, {megapixels:.1f} MP, LibRaw AHD", theirs, "s", "rawpy, one thread or as LibRaw was built"),
        Row("attiqa over LibRaw", whole / theirs, "x"),
    ]


def synthetic_frame(height: int, width: int):
    """Return a raw of the given size whose scene is smooth colour with edges and detail."""
    import numpy as np

    from isp_env.cameras import CAMERAS
    from isp_env.synthetic import synthesise

    row, column = np.mgrid[:height, :width].astype(np.float32)
    waves = [np.sin(row / 37 + phase) * np.cos(column / 53 - phase) for phase in (0.0, 1.0, 2.0)]
    photo = 0.45 + 0.3 * np.stack(waves, -1) + 0.15 * ((row // 64 + column // 64) % 2)[..., None]
    camera = CAMERAS["gopro-hero6"]
    return synthesise(photo.clip(0, 1), camera, generator=np.random.default_rng(0), name="synthetic")
