"""The environment, batched and as single environments, and on smaller proxies."""

import numpy as np
import torch
from stable_baselines3.common.vec_env import DummyVecEnv

from attiqa_core.scorer import Scorer
from experiments.timings import Row, median_seconds
from experiments.timings.isp import synthetic_frame
from isp_env.core import IspCore
from isp_env.env import IspEnv
from isp_env.squares import read_whole
from isp_env.task import Task
from isp_env.vec_env import IspVecEnv

COUNT, SMALL_PX = 16, 224


def measure(repeats: int, scorer: Scorer) -> list[Row]:
    """Environment steps per second, batched, beside SB3's DummyVecEnv over single environments on the same core, and on
    proxies of 224 px, which a scorer of several sizes reads as they are."""
    core, small = (_core(scorer, px) for px in (Task.proxy_px, SMALL_PX))
    actions = np.random.default_rng(0).uniform(-0.3, 0.3, (COUNT, core.action_size)).astype(np.float32)
    batched, single, on_small = (
        COUNT / _seconds_of_a_step(env, actions, repeats, scorer)
        for env in (
            IspVecEnv(core, COUNT),
            DummyVecEnv([lambda: IspEnv(core=core)] * COUNT),
            IspVecEnv(small, COUNT),
        )
    )
    px = core.task.proxy_px
    name = f"environment, IspVecEnv of {COUNT}, {{}} px"
    return [
        Row(name.format(px), batched, "steps/s", _shares(core, actions, COUNT / batched, repeats)),
        Row(f"environment, DummyVecEnv of {COUNT} IspEnv, {px} px", single, "steps/s"),
        Row("IspVecEnv over DummyVecEnv", batched / single, "x"),
        Row(name.format(SMALL_PX), on_small, "steps/s", _shares(small, actions, COUNT / on_small, repeats)),
    ]


def _core(scorer: Scorer, proxy_px: int) -> IspCore:
    return IspCore([synthetic_frame(600, 800)] * COUNT, scorer, Task(proxy_px=proxy_px))


def _seconds_of_a_step(env: IspVecEnv | DummyVecEnv, actions: np.ndarray, repeats: int, scorer: Scorer) -> float:
    env.seed(0)
    env.reset()
    return median_seconds(lambda: env.step(actions), repeats, scorer.device)


def _shares(core: IspCore, actions: np.ndarray, whole: float, repeats: int) -> str:
    """What of a step's seconds goes where."""
    ids, absolute = torch.arange(COUNT, device=core.device), torch.from_numpy(actions).to(core.device)
    with torch.no_grad():
        images, _ = core.render(ids, absolute)
        rendering = median_seconds(lambda: core.render(ids, absolute), repeats, core.device)
        scoring = median_seconds(lambda: read_whole(core.scorer, images), repeats, core.device)
    return f"ISP {rendering / whole:.0%}, scorer {scoring / whole:.0%}, rest {1 - (rendering + scoring) / whole:.0%}"
