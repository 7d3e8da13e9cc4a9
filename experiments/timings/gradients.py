"""Gradients of a batch of proxies on the CPU: the native chain beside eager torch, in seconds of the processor."""

import resource
from collections.abc import Callable

import torch

from experiments.timings import Row
from experiments.timings.isp import backward, forward, synthetic_frame
from isp_env.camera_rgb.prepared import prepare
from isp_env.frames.batch import FrameBatch
from isp_env.native import proxies
from isp_env.params import IspParams
from isp_env.pipeline import render_prepared

COUNT, PROXY_PX, ACTION = 16, 288, 0.1


def measure(repeats: int) -> list[Row]:
    """Forward without gradients, and forward with backward, of 16 proxies of 288 px; the least of `repeats` runs each."""
    frame = synthetic_frame(1536, 2048)
    batch = prepare(FrameBatch.stack([frame.proxy(PROXY_PX, square=True)] * COUNT))
    values = IspParams.from_action(torch.full((COUNT, len(IspParams.identity_action())), ACTION)).values
    megapixels = batch.samples[:, 0].numel() / 1e6
    rows = []
    for label, work in (("forward", forward), ("forward+backward", backward)):

        def once(work: Callable = work) -> None:
            work(render_prepared, batch, values)

        native = _processor_seconds(once, repeats) / megapixels if proxies.takes(batch.samples) else None
        with proxies.torch_alone():
            eager = _processor_seconds(once, repeats) / megapixels
        what = f"proxies on the CPU, {COUNT} x {PROXY_PX} px, {label}"
        rows.append(Row(f"{what}, eager", eager, "CPU s/MP"))
        if native is not None:
            rows.append(Row(f"{what}, native", native, "CPU s/MP", f"{eager / native:.1f} times faster than eager"))
    return rows


def _processor_seconds(work: Callable[[], None], repeats: int) -> float:
    """The least of all processors together, after one run that does not count."""

    def used() -> float:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return usage.ru_utime + usage.ru_stime

    def once() -> float:
        start = used()
        work()
        return used() - start

    once()
    return min(once() for _ in range(repeats))
