"""The ISP on proxies and on one large mosaic."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from experiments.timings import Row, median_seconds
from isp_env.camera_rgb.prepared import prepare
from isp_env.frames.batch import FrameBatch
from isp_env.params import IspParams
from isp_env.pipeline import render_prepared
from isp_env.raw import RawFrame
from isp_env.raw_io.cameras import CAMERAS
from isp_env.raw_io.synthetic import synthesise

Develop = Callable[[FrameBatch, IspParams], tuple[torch.Tensor, dict[str, torch.Tensor]]]


def measure(repeats: int, device: torch.device, compiled: bool) -> list[Row]:
    """ISP forward, and forward with backward, per megapixel: 16 proxies of 288 px, and one mosaic of 3 MP."""
    frame = synthetic_frame(1536, 2048)
    proxies = prepare(FrameBatch.stack([frame.proxy(288, square=True)] * 16, device))
    mosaic = prepare(FrameBatch.stack([frame], device))
    rows = []
    for name, batch in (("16 proxies 288x288", proxies), ("one 3 MP mosaic", mosaic)):
        megapixels = len(batch) * batch.samples.shape[-1] * batch.samples.shape[-2] / 1e6
        values = IspParams.from_action(torch.full((len(batch), len(IspParams.identity_action())), 0.1)).values.to(
            device
        )
        ways: list[tuple[str, Develop]] = [("eager", render_prepared)]
        if compiled and batch is proxies:  # a compilation takes a minute or more, and training is what repeats
            ways.append(("compiled", torch.compile(render_prepared)))
        for way, develop in ways:
            for label, work in (("forward", forward), ("forward+backward", backward)):
                seconds = median_seconds(partial(work, develop, batch, values), repeats, device)
                rows.append(Row(f"ISP {label}, {name}, {way}", 1000 * seconds / megapixels, "ms/MP"))
    return rows


def forward(develop: Develop, batch: FrameBatch, values: torch.Tensor) -> None:
    """Render without gradients."""
    with torch.no_grad():
        develop(batch, IspParams(values))


def backward(develop: Develop, batch: FrameBatch, values: torch.Tensor) -> None:
    """Render and take the gradient to the parameters."""
    learned = values.clone().requires_grad_(True)
    develop(batch, IspParams(learned))[0].mean().backward()


def synthetic_frame(height: int, width: int) -> RawFrame:
    """Return a raw of the given size whose scene is smooth colour with edges and detail."""
    row, column = np.mgrid[:height, :width].astype(np.float32)
    waves = [np.sin(row / 37 + phase) * np.cos(column / 53 - phase) for phase in (0.0, 1.0, 2.0)]
    photo = 0.45 + 0.3 * np.stack(waves, -1) + 0.15 * ((row // 64 + column // 64) % 2)[..., None]
    camera = CAMERAS["gopro-hero6"]
    return synthesise(photo.clip(0, 1), camera, generator=np.random.default_rng(0), name="synthetic")
