"""The environments, batched and as single ones, and on smaller proxies; how much of a step is ISP and scorer."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

import isp_env.core
import isp_env.isp
from attiqa_core.judges.judge import Judge
from experiments.timings import Row, median_seconds
from experiments.timings.isp import synthetic_frame
from isp_env.core import IspCore
from isp_env.env import IspEnv
from isp_env.task import Task
from isp_env.vec_env import IspVecEnv
from isp_env.vector_env import IspVectorEnv

COUNT, SMALL_PX = 16, 224
REACH = 0.3  # of the drawn actions


def measure(
    repeats: int, scorer: Judge, count: int = COUNT, proxy_px: int = Task.proxy_px, small_px: int = SMALL_PX
) -> list[Row]:
    """Environment steps per second of one-shot episodes: batched for SB3 and for Gymnasium, beside their own vector environments
    over single ones on the same core; and on smaller proxies, which a scorer of several sizes reads as they are."""
    core, small = (_core(scorer, px, count) for px in (proxy_px, small_px))
    batched, vector, dummy, sync, on_small = (
        _timed(env, count, repeats, scorer.device)
        for env in (
            IspVecEnv(core, count),
            IspVectorEnv(count, core=core),
            DummyVecEnv([lambda: IspEnv(core=core)] * count),
            SyncVectorEnv([lambda: IspEnv(core=core)] * count, autoreset_mode=AutoresetMode.SAME_STEP),
            IspVecEnv(small, count),
        )
    )
    return [
        Row(f"environment, IspVecEnv of {count}, {proxy_px} px", batched, "steps/s", _shares(core, count, repeats)),
        Row(f"environment, IspVectorEnv of {count}, {proxy_px} px", vector, "steps/s"),
        Row(f"environment, DummyVecEnv of {count} IspEnv, {proxy_px} px", dummy, "steps/s"),
        Row(f"environment, SyncVectorEnv of {count} IspEnv, {proxy_px} px", sync, "steps/s"),
        Row("IspVecEnv over DummyVecEnv", batched / dummy, "x"),
        Row("IspVectorEnv over SyncVectorEnv", vector / sync, "x"),
        Row(f"environment, IspVecEnv of {count}, {small_px} px", on_small, "steps/s", _shares(small, count, repeats)),
    ]


def _core(scorer: Judge, proxy_px: int, count: int) -> IspCore:
    return IspCore([synthetic_frame(600, 800)] * count, scorer, Task(proxy_px=proxy_px))


def _actions(core: IspCore, count: int) -> np.ndarray:
    return np.random.default_rng(0).uniform(-REACH, REACH, (count, core.action_size)).astype(np.float32)


def _timed(env: VecEnv | VectorEnv, count: int, repeats: int, device: torch.device) -> float:
    """Steps per second; every step ends the episodes and begins the next."""
    env.reset()
    actions = _actions(env.get_attr("core")[0], count)  # pyright: ignore  # SyncVectorEnv has it, VectorEnv does not say so
    return count / median_seconds(lambda: env.step(actions), repeats, device)


@dataclass
class _Clock:
    """Adds up the seconds that the work it watches takes."""

    device: torch.device
    seconds: dict[str, float] = field(default_factory=dict)

    def watch(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*given: Any, **more: Any) -> Any:
            start = self._now()
            answer = work(*given, **more)
            self.seconds[name] = self.seconds.get(name, 0.0) + self._now() - start
            return answer

        return timed

    def _now(self) -> float:
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()


def _shares(core: IspCore, count: int, repeats: int) -> str:
    """What of the seconds of a step of the batch goes where: renders of proxies and crops, the scorer's reading of both."""
    clock, env, actions = _Clock(core.device), IspVecEnv(core, count), _actions(core, count)
    env.reset()
    pictures, read = isp_env.isp.pictures_of, isp_env.core.read
    isp_env.isp.pictures_of, isp_env.core.read = clock.watch("ISP", pictures), clock.watch("scorer", read)
    step = clock.watch("step", env.step)
    try:
        for _ in range(1 + repeats):
            step(actions)
    finally:
        isp_env.isp.pictures_of, isp_env.core.read = pictures, read
    isp, scorer = (clock.seconds[name] / clock.seconds["step"] for name in ("ISP", "scorer"))
    return f"ISP {isp:.0%}, scorer {scorer:.0%}, together {isp + scorer:.1%}"
